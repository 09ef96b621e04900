// The one exception of the suite: one clear line that says where, what was expected, what was found and what
// to do.
#pragma once

#include <stdexcept>
#include <string>

namespace gdd {

class Error : public std::runtime_error {
 public:
  // What the caller did wrong decides the exit code: kFailed 1 (bad file, bad data), kUsage 2 (bad flag).
  // kMemory is a kFailed that another machine, or more memory allowed, would not have met.
  enum class Kind { kFailed, kUsage, kMemory };

  // `where` names the file, byte, member or flag; `problem` says what was expected and found; `remedy` what
  // to do. The message is "where: problem" or "where: problem; remedy".
  Error(const std::string& where, const std::string& problem, const std::string& remedy = "")
      : Error(Kind::kFailed, where, problem, remedy) {}

  static Error usage(const std::string& where, const std::string& problem, const std::string& remedy = "") {
    return Error(Kind::kUsage, where, problem, remedy);
  }

  static Error memory(const std::string& where, const std::string& problem, const std::string& remedy) {
    return Error(Kind::kMemory, where, problem, remedy);
  }

  Kind kind() const noexcept { return kind_; }

 private:
  Error(Kind kind, const std::string& where, const std::string& problem, const std::string& remedy)
      : std::runtime_error(where + ": " + problem + (remedy.empty() ? "" : "; " + remedy)), kind_(kind) {}

  Kind kind_;
};

}  // namespace gdd
