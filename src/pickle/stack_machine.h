// The pickle virtual machine with its teeth drawn: a stack, a memo and marks, but nothing is ever called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pickle/opcodes.h"
#include "pickle/pickle.h"

namespace gdd::pickle {

class StackMachine {
 public:
  StackMachine(ByteReader& reader, GlobalPolicy policy)
      : reader_(reader), policy_(policy), out_(reader.name()) {}

  Pickle run();  // up to and including STOP

 private:
  // The argument of the current opcode, in whichever member its kind fills.
  struct Operand {
    std::int64_t number = 0;
    double real = 0;
    std::string_view line, second_line;
    Bytes bytes;
  };

  Operand read_operand(Argument kind);
  void execute(const Opcode& opcode, const Operand& operand);  // the one switch: all but STOP
  [[noreturn]] void fail(const std::string& problem, const std::string& remedy = "") const;

  // stack_machine.cpp: the stack and the memo
  Value* make(Kind kind);  // a new value, pushed
  Value* push(Value* value);
  Value* top() const;
  Value* pop();
  List take(std::size_t count);  // in the order they were pushed
  List take_to_mark();
  void open_mark();
  void pop_value_or_mark();
  std::uint64_t memo_index(const Opcode& opcode, const Operand& operand) const;
  void memoize(std::uint64_t index);
  void recall(std::uint64_t index);

  // stack_machine_values.cpp: plain values and containers
  void check_protocol(std::int64_t version) const;
  void push_int_line(std::string_view line);
  void push_long(Bytes digits);
  void push_float_line(std::string_view line);
  void push_text(std::string_view text);
  void push_decoded(std::optional<std::string> text);
  void push_old_string(std::string_view text);
  void push_container(Kind kind, List items);
  void add_items(Kind kind, const List& added);
  void add_entries(const List& added);
  void deepen(Value* container, const List& children) const;

  // stack_machine_objects.cpp: globals and calls, which are only recorded
  Value* global(std::string_view module, std::string_view name);
  void push_stack_global();
  void call(const Opcode& opcode, const List& parts);  // callable, arguments and perhaps keywords
  void call_inst(const Opcode& opcode, const Operand& operand);
  void call_obj(const Opcode& opcode);
  void build();
  void push_persistent_id();
  [[noreturn]] void refuse(const Opcode& opcode) const;

  ByteReader& reader_;
  GlobalPolicy policy_;
  Pickle out_;
  std::vector<Value*> stack_, memo_;
  std::vector<std::size_t> marks_;
  std::uint64_t pushes_ = 0, global_bytes_ = 0;
  std::uint64_t opcode_position_ = 0;
};

}  // namespace gdd::pickle
