// What a user says of a network that its file leaves open: --assume KEY=VALUE.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gdd {

// How a network of OpenAI's was trained, as their scripts name it; the first two compute by one formula.
std::vector<std::string> training_modes();

class Assumptions {
 public:
  Assumptions() = default;
  // "ecm=tcm" each. Usage errors: no KEY=VALUE, a key of none that is known (they are listed), one given
  // twice, a value that its key does not have (those that it has are listed).
  explicit Assumptions(const std::vector<std::string>& texts);

  // The value of `key`, which counts as used from now on.
  std::optional<std::string> take(const std::string& key);
  // The same as a whole number from 1 to `most`. Usage error: it is none.
  std::optional<std::int64_t> take_count(const std::string& key, std::int64_t most);
  // Usage error: one that nobody asked for, as `path` leaves no such question.
  void expect_all_used(const std::string& path) const;
  // What was used, "ecm=tcm image_size=64"; empty: nothing.
  std::string used() const;

 private:
  struct Row {
    std::string key, value;
    bool is_used = false;
  };
  std::vector<Row> rows_;
};

}  // namespace gdd
