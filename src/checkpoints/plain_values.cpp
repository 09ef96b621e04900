#include "checkpoints/plain_values.h"

#include <unordered_set>

#include "checkpoints/known_globals.h"
#include "checkpoints/numpy_values.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using pickle::Kind;
using pickle::List;
using pickle::Pickle;
using pickle::quoted;
using pickle::Value;

std::optional<Attribute> convert(const Pickle& pickle, const Value& value, Budget& budget,
                                 std::size_t depth) {
  budget.charge(pickle, value, sizeof(Attribute) + (value.text() ? value.text()->size() : 0));
  if (depth > limits::kMaxAttributeDepth) pickle.fail(value, "an attribute is a list nested too deeply");
  switch (value.kind) {
    case Kind::kNone:
      return Attribute{};
    case Kind::kBool:
      return Attribute{*value.boolean()};
    case Kind::kInt:
      return Attribute{*value.integer()};
    case Kind::kFloat:
      return Attribute{*value.real()};
    case Kind::kString:
      return Attribute{std::string(*value.text())};
    case Kind::kList:
    case Kind::kTuple: {
      Attribute::List items;
      for (const Value* item : *value.items()) {
        auto converted = convert(pickle, *item, budget, depth + 1);
        if (!converted) return std::nullopt;
        items.push_back(std::move(*converted));
      }
      return Attribute{std::move(items)};
    }
    default:
      return is_numpy_scalar(value) ? std::optional(numpy_scalar(pickle, value)) : std::nullopt;
  }
}

}  // namespace

bool is_dict(const Value& value) {
  return value.kind == Kind::kDict || value.is_made_by(kOrderedDict) || value.is_made_by(kEasyDict);
}

const List& dict_entries(const Value& value) {
  static const List kNone;
  if (value.object()) return value.object()->entries;
  return value.kind == Kind::kDict && value.items() ? *value.items() : kNone;
}

std::vector<NamedValue> named_entries(const Pickle& pickle, const Value& value, const std::string& what,
                                      Budget& budget) {
  if (!is_dict(value))
    pickle.fail(value, "expected " + what + " to be a dict, found " + kind_name(value.kind));
  if (value.object() && !value.object()->arguments->items()->empty())
    pickle.fail(value, "expected " + what + " to be filled item by item",
                "save the file again with Python 3");
  const List& flat = dict_entries(value);
  budget.charge(pickle, value, flat.size() * sizeof(NamedValue));
  std::vector<NamedValue> entries;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
    const std::string_view name = pickle.text(*flat[i], "a key of " + what);
    budget.charge(pickle, *flat[i], name.size());
    if (!seen.insert(name).second) pickle.fail(*flat[i], "two entries " + quoted(name) + " in " + what);
    entries.emplace_back(name, flat[i + 1]);
  }
  return entries;
}

std::optional<Attribute> plain_value(const Pickle& pickle, const Value& value, Budget& budget) {
  return convert(pickle, value, budget, 0);
}

std::optional<Attribute> plain_array(const Pickle& pickle, const Value& value, Budget& budget,
                                     std::string& what) {
  NpyArray array;
  try {
    array = numpy_array(pickle, value, "an attribute");
  } catch (const Error& error) {  // whoever asks for it tells: most arrays are of no matter
    what = "an array that cannot be read (" + std::string(error.what()) + ")";
    return std::nullopt;
  }
  budget.charge(pickle, value, array.data.size());
  const std::vector<std::int64_t>& shape = array.shape();
  if (shape.size() != 1)
    what = "an array of " + std::to_string(shape.size()) + " dimensions";
  else if (shape[0] > limits::kMaxPlainArray)
    what = "an array of " + std::to_string(shape[0]) + " numbers, more than " +
           std::to_string(limits::kMaxPlainArray);
  if (!what.empty()) return std::nullopt;
  Attribute::List items;
  for (const double number : array.as_float64()) items.emplace_back().value = number;
  budget.charge(pickle, value, items.size() * sizeof(Attribute));
  return Attribute{std::move(items)};
}

std::vector<std::pair<std::string, Attribute>> plain_values(const Pickle& pickle,
                                                            const std::vector<NamedValue>& entries,
                                                            Budget& budget) {
  std::vector<std::pair<std::string, Attribute>> result;
  for (const auto& [name, value] : entries) {
    budget.charge(pickle, *value, name.size());
    if (auto plain = plain_value(pickle, *value, budget)) result.emplace_back(name, std::move(*plain));
  }
  return result;
}

}  // namespace gdd
