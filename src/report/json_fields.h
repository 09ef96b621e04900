// JSON of a file: read with the place of what is wrong in it.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {

// Error: it is none, with the byte; numbers beyond float64; an object of more than limits::kMaxJsonKeys
// names, each of which is looked up among those before.
nlohmann::ordered_json parse_json(const std::string& text, const std::string& path);

// One object, which lives longer. Errors name the place, what was expected and what was found.
class JsonFields {
 public:
  JsonFields(const nlohmann::ordered_json& object, std::string where)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail("an object", object);
  }

  std::string text(const char* name, bool needed = true) const {
    const nlohmann::ordered_json* value = find(name, needed);
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
    const nlohmann::ordered_json& value = *find(name, true);
    if (!value.is_number()) fail("a number as '" + std::string(name) + "'", value);
    return value.get<double>();
  }
  std::optional<double> number_if(const char* name) const {
    return find(name, false) ? std::optional(number(name)) : std::nullopt;
  }
  // Whole, from `least` to 2^53; where it need not be there, 0.
  std::int64_t count(const char* name, bool needed = true, double least = 0) const {
    const nlohmann::ordered_json* value = find(name, needed);
    if (!value) return 0;
    const double number = value->is_number() ? value->get<double>() : -1;
    if (number < least || number > 0x1p53 || number != std::floor(number))
      fail("a whole number as '" + std::string(name) + "'", *value);
    return static_cast<std::int64_t>(number);
  }
  std::vector<double> numbers(const char* name) const {
    std::vector<double> list;
    if (!find(name, false)) return list;
    for (const nlohmann::ordered_json& value : array(name)) {
      if (!value.is_number()) fail("numbers in '" + std::string(name) + "'", value);
      list.push_back(value.get<double>());
    }
    return list;
  }
  bool has(const char* name) const { return find(name, false) != nullptr; }
  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> list;
    for (const nlohmann::ordered_json& value : array(name)) {
      if (!value.is_string()) fail("texts in '" + std::string(name) + "'", value);
      list.push_back(value.get<std::string>());
    }
    return list;
  }
  // Each of a list, or of an object's values with their names.
  template <class Read>
  void each(const char* name, Read read) const {
    std::size_t index = 0;
    for (const nlohmann::ordered_json& value : array(name))
      read(JsonFields(value, where_ + ": " + name + "[" + std::to_string(index++) + "]"));
  }
  template <class Read>
  void each_named(const char* name, Read read) const {
    const nlohmann::ordered_json& all = *find(name, true);
    if (!all.is_object()) fail("an object as '" + std::string(name) + "'", all);
    for (const auto& [key, value] : all.items())
      read(key, JsonFields(value, where_ + ": " + name + "." + key));
  }
  std::optional<JsonFields> object(const char* name) const {
    const nlohmann::ordered_json* value = find(name, false);
    return value ? std::optional(JsonFields(*value, where_ + ": " + name)) : std::nullopt;
  }

 private:
  const nlohmann::ordered_json* find(const char* name, bool needed) const {
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    if (needed) throw Error(printable(where_), "has no '" + std::string(name) + "'");
    return nullptr;
  }
  const nlohmann::ordered_json& array(const char* name) const {
    const nlohmann::ordered_json& value = *find(name, true);
    if (!value.is_array()) fail("a list as '" + std::string(name) + "'", value);
    return value;
  }
  [[noreturn]] void fail(const std::string& expected, const nlohmann::ordered_json& found) const {
    throw Error(printable(where_), "expected " + expected + ", found " + found.type_name());
  }

  const nlohmann::ordered_json& object_;
  std::string where_;
};

}  // namespace gdd
