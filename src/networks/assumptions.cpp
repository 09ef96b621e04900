#include "networks/assumptions.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "base/joined.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kFlag = "--assume";
// ecm: preconds_ecm.cpp. The others: openai_state.cpp and dhariwal_state.cpp.
constexpr const char* kKeys[] = {"ecm", "image_size", "num_head_channels", "num_heads", "training_mode"};

std::string known_keys() { return "known keys: " + joined({std::begin(kKeys), std::end(kKeys)}); }

// A number, or one of a few names.
std::vector<std::string> names_of(const std::string& key) {
  if (key == "ecm") return {"ect", "tcm"};
  if (key == "training_mode") return training_modes();
  return {};
}

void check_value(const std::string& key, const std::string& value) {
  const std::vector<std::string> names = names_of(key);
  if (!names.empty() && std::find(names.begin(), names.end(), value) == names.end())
    throw Error::usage(std::string(kFlag) + " " + key,
                       "expected one of " + joined(names) + ", found " + gdd::quoted(value));
}

}  // namespace

std::vector<std::string> training_modes() {
  return {"edm", "consistency_distillation", "consistency_training"};
}

Assumptions::Assumptions(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
      throw Error::usage(kFlag, "expected KEY=VALUE, found " + gdd::quoted(text), known_keys());
    const std::string key = text.substr(0, equals);
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
      throw Error::usage(kFlag, gdd::quoted(key) + " is no key of it", known_keys());
    for (const Row& row : rows_)
      if (row.key == key) throw Error::usage(kFlag, gdd::quoted(key) + " is given twice");
    check_value(key, text.substr(equals + 1));
    rows_.push_back({key, text.substr(equals + 1)});
  }
}

std::optional<std::string> Assumptions::take(const std::string& key) {
  for (Row& row : rows_) {
    if (row.key != key) continue;
    row.is_used = true;
    return row.value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Assumptions::take_count(const std::string& key, std::int64_t most) {
  const std::optional<std::string> text = take(key);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || value < 1 || value > most)
    throw Error::usage(
        std::string(kFlag) + " " + key,
        "expected a whole number from 1 to " + std::to_string(most) + ", found " + gdd::quoted(*text));
  return value;
}

void Assumptions::expect_all_used(const std::string& path) const {
  for (const Row& row : rows_)
    if (!row.is_used)
      throw Error::usage(kFlag,
                         "'" + row.key + "' is a question that " + printable(path) + " does not leave open",
                         "leave it out");
}

std::string Assumptions::used() const {
  std::string text;
  for (const Row& row : rows_)
    if (row.is_used) text += (text.empty() ? "" : " ") + row.key + "=" + row.value;
  return text;
}

}  // namespace gdd
