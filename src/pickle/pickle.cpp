#include "pickle/pickle.h"

#include "gdd/error.h"

namespace gdd::pickle {

std::vector<std::string> Pickle::globals() const {
  std::vector<std::string> names;
  for (const auto& entry : globals_) names.push_back(entry.first);
  return names;
}

void Pickle::fail(const Value& at, const std::string& problem, const std::string& remedy) const {
  throw Error(name_ + ": byte " + std::to_string(at.position), problem, remedy);
}

namespace {

[[noreturn]] void fail_kind(const Pickle& pickle, const Value& value, const std::string& what,
                            const std::string& expected) {
  pickle.fail(value, "expected " + what + " to be " + expected + ", found " + kind_name(value.kind));
}

}  // namespace

std::string_view Pickle::text(const Value& value, const std::string& what) const {
  if (!value.text()) fail_kind(*this, value, what, "a string");
  return *value.text();
}

std::int64_t Pickle::integer(const Value& value, const std::string& what) const {
  if (!value.integer()) fail_kind(*this, value, what, "an int");
  return *value.integer();
}

const List& Pickle::sequence(const Value& value, const std::string& what) const {
  if (value.kind != Kind::kTuple && value.kind != Kind::kList) fail_kind(*this, value, what, "a tuple");
  return *value.items();
}

const List& Pickle::sequence(const Value& value, const std::string& what, std::size_t at_least) const {
  const List& items = sequence(value, what);
  if (items.size() < at_least)
    fail(value, "expected " + what + " to have at least " + std::to_string(at_least) + " items, found " +
                    std::to_string(items.size()));
  return items;
}

}  // namespace gdd::pickle
