#include "evaluation/suite.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/limits.h"
#include "base/printable.h"
#include "base/small_file.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using nlohmann::ordered_json;

// Reads one object and knows where it stands.
class Fields {
 public:
  Fields(const ordered_json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail("an object", object);
  }

  std::string text(const char* name, bool needed = true) const {
    const ordered_json* value = find(name, needed);
    if (!value) return "";
    if (!value->is_string()) fail("a text as '" + std::string(name) + "'", *value);
    return value->get<std::string>();
  }
  // The name of a file, in no folder.
  std::string file(const char* name, bool needed = true) const {
    std::string value = text(name, needed);
    if (value.find('/') != std::string::npos || value == "..")
      throw Error(where_, gdd::quoted(value) + " is no name of a file alone");
    return value;
  }
  double number(const char* name) const {
    const ordered_json& value = *find(name, true);
    if (!value.is_number()) fail("a number as '" + std::string(name) + "'", value);
    return value.get<double>();
  }
  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> list;
    for (const ordered_json& value : array(name)) {
      if (!value.is_string()) fail("texts in '" + std::string(name) + "'", value);
      list.push_back(value.get<std::string>());
    }
    return list;
  }
  // Each of a list, or of an object's values with their names.
  template <class Read>
  void each(const char* name, Read read) const {
    std::size_t index = 0;
    for (const ordered_json& value : array(name))
      read(Fields(value, where_ + ": " + name + "[" + std::to_string(index++) + "]"));
  }
  template <class Read>
  void each_named(const char* name, Read read) const {
    const ordered_json& all = *find(name, true);
    if (!all.is_object()) fail("an object as '" + std::string(name) + "'", all);
    for (const auto& [key, value] : all.items()) read(key, Fields(value, where_ + ": " + name + "." + key));
  }
  std::optional<Fields> object(const char* name) const {
    const ordered_json* value = find(name, false);
    return value ? std::optional(Fields(*value, where_ + ": " + name)) : std::nullopt;
  }

 private:
  const ordered_json* find(const char* name, bool needed) const {
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    if (needed) throw Error(printable(where_), "has no '" + std::string(name) + "'");
    return nullptr;
  }
  const ordered_json& array(const char* name) const {
    const ordered_json& value = *find(name, true);
    if (!value.is_array()) fail("a list as '" + std::string(name) + "'", value);
    return value;
  }
  [[noreturn]] void fail(const std::string& expected, const ordered_json& found) const {
    throw Error(printable(where_), "expected " + expected + ", found " + found.type_name());
  }

  const ordered_json& object_;
  std::string where_;
};

ordered_json parse(const std::string& text, const std::string& path) {
  try {
    return ordered_json::parse(text);
  } catch (const ordered_json::parse_error& error) {
    throw Error(path + ": byte " + std::to_string(error.byte), "expected JSON, found something else");
  }
}

SuiteCheckpoint read_checkpoint(const Fields& fields) {
  SuiteCheckpoint checkpoint{fields.file("name"),
                             fields.file("file"),
                             fields.text("seeds"),
                             fields.text("detector", false),
                             fields.text("flags", false),
                             fields.file("gnet", false),
                             {},
                             {}};
  fields.each_named("evaluations", [&](const std::string& name, const Fields& evaluation) {
    checkpoint.evaluations.push_back({name, evaluation.text("protocol"), evaluation.texts("metrics"),
                                      evaluation.file("reference", false),
                                      evaluation.file("reference_images", false)});
  });
  fields.each("published", [&](const Fields& published) {
    checkpoint.published.push_back({published.text("evaluation"), published.text("score"),
                                    published.number("value"), published.text("where")});
  });
  return checkpoint;
}

}  // namespace

Suite read_suite(const std::string& path) {
  const auto text = read_small_file(path, limits::kMaxSuiteBytes);
  if (!text) throw Error(path, "there is no such file");
  const ordered_json json = parse(*text, path);
  const Fields fields(json, path);
  Suite suite;
  fields.each("checkpoints",
              [&](const Fields& checkpoint) { suite.checkpoints.push_back(read_checkpoint(checkpoint)); });
  if (const auto demo = fields.object("demo")) suite.demo = read_checkpoint(*demo);
  fields.each("sources", [&](const Fields& source) {
    suite.sources.push_back({source.texts("files"), source.text("from"), source.text("licence")});
  });
  return suite;
}

}  // namespace gdd
