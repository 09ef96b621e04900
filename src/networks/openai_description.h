// NAME.json beside a bare state dict of OpenAI's: what its tensors do not tell, in guided-diffusion's names.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace gdd {

inline constexpr std::int64_t kMostHeads = 1 << 16;  // or channels of a head

class OpenAIDescription {
 public:
  // Beside the file at `path`, if it is there. Errors of this and all below name it: it is no JSON object, or
  // says something of another kind.
  explicit OpenAIDescription(const std::string& path);

  bool is_there() const { return json_.is_object(); }
  const std::string& name() const { return name_; }

  // From 1 to `most`. -1, as guided-diffusion says "none", counts as absent.
  std::optional<std::int64_t> count(const char* key, std::int64_t most) const;
  std::optional<double> number(const char* key) const;
  std::optional<std::string> text(const char* key) const;

  // Errors: the text is none of `known`; the key is there and says anything but false; it says another
  // number than `used`, by which the network is computed; or than `by_shapes`, which the file's shapes tell.
  void expect_one_of(const char* key, const std::string& text, const std::vector<std::string>& known) const;
  void refuse_true(const char* key) const;
  void expect_if_said(const char* key, std::int64_t used) const;
  void expect(const char* key, std::int64_t by_shapes) const;

 private:
  const nlohmann::json* find(const char* key) const;  // nullptr: it says nothing
  [[noreturn]] void fail(const std::string& expected) const;

  std::string name_, where_;
  nlohmann::json json_;
};

}  // namespace gdd
