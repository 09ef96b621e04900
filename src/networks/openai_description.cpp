#include "networks/openai_description.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/joined.h"
#include "base/limits.h"
#include "base/printable.h"
#include "base/small_file.h"
#include "gdd/error.h"

namespace gdd {

OpenAIDescription::OpenAIDescription(const std::string& path) {
  const std::filesystem::path beside = std::filesystem::path(path).replace_extension(".json");
  name_ = beside.filename().string();
  where_ = beside.string();
  const auto text = read_small_file(where_, limits::kMaxMetadata);
  if (!text) return;
  json_ = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json_.is_object()) fail("a JSON object");
}

const nlohmann::json* OpenAIDescription::find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

void OpenAIDescription::fail(const std::string& expected) const {
  throw Error(where_, "expected " + expected, "it describes the network beside it");
}

std::optional<std::int64_t> OpenAIDescription::count(const char* key, std::int64_t most) const {
  const nlohmann::json* const said = find(key);
  if (!said || *said == -1) return std::nullopt;
  if (!said->is_number_integer() || *said < 1 || *said > most)
    fail("a whole number from 1 to " + std::to_string(most) + " as '" + key + "'");
  return said->get<std::int64_t>();
}

std::optional<double> OpenAIDescription::number(const char* key) const {
  const nlohmann::json* const said = find(key);
  if (!said) return std::nullopt;
  if (!said->is_number()) fail(std::string("a number as '") + key + "'");
  return said->get<double>();
}

std::optional<std::string> OpenAIDescription::text(const char* key) const {
  const nlohmann::json* const said = find(key);
  if (!said) return std::nullopt;
  if (!said->is_string()) fail(std::string("a text as '") + key + "'");
  return said->get<std::string>();
}

void OpenAIDescription::expect_one_of(const char* key, const std::string& text,
                                      const std::vector<std::string>& known) const {
  if (std::ranges::find(known, text) == known.end())
    fail("one of " + joined(known) + " as '" + key + "', found " + gdd::quoted(text));
}

void OpenAIDescription::refuse_true(const char* key) const {
  const nlohmann::json* const said = find(key);
  if (said && *said != false)
    fail(std::string("false as '") + key + "', the one kind of network that is known");
}

void OpenAIDescription::expect_if_said(const char* key, std::int64_t used) const {
  const auto said = count(key, kMostHeads);
  if (said && *said != used)
    fail("the same as 'num_heads' or -1 as '" + std::string(key) + "', found " + std::to_string(*said));
}

void OpenAIDescription::expect(const char* key, std::int64_t by_shapes) const {
  const auto said = count(key, std::numeric_limits<std::int32_t>::max());
  if (said && *said != by_shapes)
    throw Error(where_,
                "says " + std::string(key) + " " + std::to_string(*said) + ", the tensors say " +
                    std::to_string(by_shapes),
                "it belongs to another file");
}

}  // namespace gdd
