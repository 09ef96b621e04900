// Reads a pickle (protocols 0 to 5) into inert values. Nothing in the file is executed, imported or looked
// up: a global is a name, a call is a record of what would have been called.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "pickle/value.h"

namespace gdd::pickle {

// What a pickle may do with a global it names.
enum class GlobalUse { kUnknown, kNameOnly, kCallable };
using GlobalPolicy = GlobalUse (*)(std::string_view module, std::string_view name);

// Owns every value of one pickle; destruction is flat, however deep the nesting. Strings and bytes point into
// the input, which must outlive it.
class Pickle {
 public:
  explicit Pickle(std::string name) : name_(std::move(name)) {}
  Pickle(Pickle&&) = default;
  Pickle& operator=(Pickle&&) = default;

  const Value& root() const { return *root_; }
  const std::string& name() const { return name_; }            // of the file, for messages
  std::vector<std::string> globals() const;                    // "module name", sorted, without repetition
  const std::deque<Value>& values() const { return values_; }  // all of them, reachable or not

  // Throws gdd::Error "name: byte N: problem; remedy", N being where `at` was made.
  [[noreturn]] void fail(const Value& at, const std::string& problem, const std::string& remedy = "") const;

  // Checked access; `what` names the thing in the error "expected WHAT to be a tuple, found a dict".
  std::string_view text(const Value& value, const std::string& what) const;
  std::int64_t integer(const Value& value, const std::string& what) const;
  // Tuples and lists alike.
  const List& sequence(const Value& value, const std::string& what) const;
  const List& sequence(const Value& value, const std::string& what, std::size_t at_least) const;

 private:
  friend class StackMachine;

  std::string name_;
  const Value* root_ = nullptr;
  // Deques: growing moves nothing, so values can point at each other.
  std::deque<Value> values_;
  std::deque<List> lists_;
  std::deque<Object> objects_;
  std::deque<std::string> texts_;
  std::map<std::string, Value*, std::less<>> globals_;
};

// Reads one pickle and leaves the reader behind its STOP. Errors, with the byte: an opcode no protocol has,
// truncation, a stack or memo that does not hold what is asked for, a global that `policy` does not know
// (named), a call of anything but a callable one, extension codes, anything over base/limits.h.
Pickle read_pickle(ByteReader& reader, GlobalPolicy policy);

}  // namespace gdd::pickle
