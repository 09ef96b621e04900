#include "pickle/value.h"

namespace gdd::pickle {

const char* kind_name(Kind kind) {
  static constexpr const char* kNames[] = {"None",     "a bool",   "an int",    "a big int",      "a float",
                                           "a string", "bytes",    "a list",    "a tuple",        "a dict",
                                           "a set",    "a global", "an object", "a persistent id"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool Value::is_made_by(std::string_view global_name) const {
  const Object* made = object();
  return made && *made->callable->global() == global_name;
}

const Value* find_entry(const List& entries, std::string_view key) {
  for (std::size_t i = entries.size() / 2; i-- > 0;)
    if (entries[2 * i]->is_text(key)) return entries[2 * i + 1];
  return nullptr;
}

}  // namespace gdd::pickle
