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

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string result = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      result += c;
    else
      result.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

}  // namespace gdd::pickle
