#include "pickle/stack_machine.h"

#include "base/limits.h"
#include "gdd/error.h"
#include "pickle/text_values.h"

namespace gdd::pickle {
namespace {

constexpr const char* kDamaged = "the file is damaged";

}  // namespace

Pickle read_pickle(ByteReader& reader, GlobalPolicy policy) { return StackMachine(reader, policy).run(); }

Pickle StackMachine::run() {
  for (;;) {
    opcode_position_ = reader_.position();
    const std::uint8_t code = reader_.read_u8();
    const Opcode* opcode = find_opcode(code);
    if (!opcode)
      fail("byte value " + std::to_string(code) + " is not a pickle opcode",
           "the file is damaged or not a pickle");
    if (opcode->action == Action::kStop) {
      if (!marks_.empty()) fail("the pickle ends inside a container", kDamaged);
      out_.root_ = pop();
      return std::move(out_);
    }
    execute(*opcode, read_operand(opcode->argument));
  }
}

void StackMachine::fail(const std::string& problem, const std::string& remedy) const {
  throw Error(reader_.name() + ": byte " + std::to_string(opcode_position_), problem, remedy);
}

StackMachine::Operand StackMachine::read_operand(Argument kind) {
  Operand operand;
  switch (kind) {
    // clang-format off
    case Argument::kNone: break;
    case Argument::kU8: operand.number = reader_.read_u8(); break;
    case Argument::kU16: operand.number = reader_.read_le<std::uint16_t>(); break;
    case Argument::kI32: operand.number = reader_.read_le<std::int32_t>(); break;
    case Argument::kU32: operand.number = reader_.read_le<std::uint32_t>(); break;
    case Argument::kU64: reader_.read_le<std::uint64_t>(); break;  // only FRAME, whose length is not needed
    case Argument::kF64: operand.real = reader_.read_be<double>(); break;
    case Argument::kCounted8: operand.bytes = reader_.read_bytes(reader_.read_u8()); break;
    case Argument::kCounted32: operand.bytes = reader_.read_bytes(reader_.read_le<std::uint32_t>()); break;
    case Argument::kCounted64: operand.bytes = reader_.read_bytes(reader_.read_le<std::uint64_t>()); break;
    // clang-format on
    case Argument::kCountedSigned32: {
      const auto count = reader_.read_le<std::int32_t>();
      if (count < 0) fail("expected a length, found " + std::to_string(count), kDamaged);
      operand.bytes = reader_.read_bytes(static_cast<std::uint64_t>(count));
      break;
    }
    case Argument::kTwoLines:
      operand.line = reader_.read_line(limits::kMaxPickleLine);
      operand.second_line = reader_.read_line(limits::kMaxPickleLine);
      break;
    case Argument::kLine:
      operand.line = reader_.read_line(limits::kMaxPickleLine);
      break;
  }
  return operand;
}

// clang-format off
void StackMachine::execute(const Opcode& opcode, const Operand& operand) {
  switch (opcode.action) {
    case Action::kFrame: case Action::kStop: break;
    case Action::kProtocol: check_protocol(operand.number); break;
    case Action::kMark: open_mark(); break;
    case Action::kPop: pop_value_or_mark(); break;
    case Action::kPopMark: take_to_mark(); break;
    case Action::kDuplicate: push(top()); break;
    case Action::kPut: memoize(memo_index(opcode, operand)); break;
    case Action::kMemoize: memoize(memo_.size()); break;
    case Action::kGet: recall(memo_index(opcode, operand)); break;

    case Action::kNone: make(Kind::kNone); break;
    case Action::kTrue: make(Kind::kBool)->content = true; break;
    case Action::kFalse: make(Kind::kBool)->content = false; break;
    case Action::kInt: make(Kind::kInt)->content = operand.number; break;
    case Action::kIntLine: push_int_line(operand.line); break;
    case Action::kLong: push_long(operand.bytes); break;
    case Action::kLongLine: push_int_line(operand.line); break;
    case Action::kFloat: make(Kind::kFloat)->content = operand.real; break;
    case Action::kFloatLine: push_float_line(operand.line); break;
    case Action::kText: push_text(as_text(operand.bytes)); break;
    case Action::kTextLine: push_decoded(decode_escaped(operand.line)); break;
    case Action::kOldString: push_old_string(as_text(operand.bytes)); break;
    case Action::kOldStringLine: push_decoded(decode_quoted(operand.line)); break;
    case Action::kBytes: make(Kind::kBytes)->content = operand.bytes; break;

    case Action::kEmptyList: push_container(Kind::kList, {}); break;
    case Action::kList: push_container(Kind::kList, take_to_mark()); break;
    case Action::kEmptyTuple: push_container(Kind::kTuple, {}); break;
    case Action::kTuple: push_container(Kind::kTuple, take_to_mark()); break;
    case Action::kTuple1: push_container(Kind::kTuple, take(1)); break;
    case Action::kTuple2: push_container(Kind::kTuple, take(2)); break;
    case Action::kTuple3: push_container(Kind::kTuple, take(3)); break;
    case Action::kEmptyDict: push_container(Kind::kDict, {}); break;
    case Action::kDict: push_container(Kind::kDict, take_to_mark()); break;
    case Action::kEmptySet: push_container(Kind::kSet, {}); break;
    case Action::kFrozenSet: push_container(Kind::kSet, take_to_mark()); break;
    case Action::kAppend: add_items(Kind::kList, take(1)); break;
    case Action::kAppends: add_items(Kind::kList, take_to_mark()); break;
    case Action::kAddItems: add_items(Kind::kSet, take_to_mark()); break;
    case Action::kSetItem: add_entries(take(2)); break;
    case Action::kSetItems: add_entries(take_to_mark()); break;

    case Action::kGlobal: push(global(operand.line, operand.second_line)); break;
    case Action::kStackGlobal: push_stack_global(); break;
    case Action::kReduce: call(opcode, take(2)); break;
    case Action::kInst: call_inst(opcode, operand); break;
    case Action::kObj: call_obj(opcode); break;
    case Action::kNewObj: call(opcode, take(2)); break;
    case Action::kNewObjEx: call(opcode, take(3)); break;
    case Action::kBuild: build(); break;
    case Action::kPersistentId: push_persistent_id(); break;
    case Action::kPersistentIdLine: push_text(operand.line); push_persistent_id(); break;
    case Action::kRefused: refuse(opcode); break;
  }
}
// clang-format on

// ---- the stack: nothing below the newest mark can be taken ----

Value* StackMachine::make(Kind kind) {
  if (out_.values_.size() >= limits::kMaxPickleValues)
    fail("more than " + std::to_string(limits::kMaxPickleValues) + " values");
  Value& value = out_.values_.emplace_back();
  value.kind = kind;
  value.position = opcode_position_;
  return push(&value);
}

Value* StackMachine::push(Value* value) {
  // Counting pushes bounds everything else too: each item of a container was pushed once.
  if (++pushes_ > limits::kMaxPickleValues)
    fail("more than " + std::to_string(limits::kMaxPickleValues) + " values");
  stack_.push_back(value);
  return value;
}

Value* StackMachine::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("nothing left on the stack", kDamaged);
  return stack_.back();
}

Value* StackMachine::pop() {
  Value* value = top();
  stack_.pop_back();
  return value;
}

List StackMachine::take(std::size_t count) {
  List items(count);
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  return items;
}

void StackMachine::open_mark() {
  if (marks_.size() >= limits::kMaxPickleDepth)
    fail("containers nested deeper than " + std::to_string(limits::kMaxPickleDepth));
  marks_.push_back(stack_.size());
}

List StackMachine::take_to_mark() {
  if (marks_.empty()) fail("no mark on the stack", kDamaged);
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  List items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void StackMachine::pop_value_or_mark() {
  if (!marks_.empty() && stack_.size() == marks_.back())
    marks_.pop_back();
  else
    pop();
}

// ---- the memo ----

std::uint64_t StackMachine::memo_index(const Opcode& opcode, const Operand& operand) const {
  if (opcode.argument != Argument::kLine) return static_cast<std::uint64_t>(operand.number);
  const auto index = parse_int(operand.line);
  if (!index || *index < 0) fail("expected a memo index, found " + quoted(operand.line), kDamaged);
  return static_cast<std::uint64_t>(*index);
}

void StackMachine::memoize(std::uint64_t index) {
  if (index >= limits::kMaxPickleMemo)
    fail("memo index " + std::to_string(index) + " is over the limit of " +
         std::to_string(limits::kMaxPickleMemo));
  if (index >= memo_.size()) memo_.resize(static_cast<std::size_t>(index) + 1);
  memo_[static_cast<std::size_t>(index)] = top();
}

void StackMachine::recall(std::uint64_t index) {
  if (index >= memo_.size() || !memo_[static_cast<std::size_t>(index)])
    fail("memo entry " + std::to_string(index) + " was never made", kDamaged);
  push(memo_[static_cast<std::size_t>(index)]);
}

}  // namespace gdd::pickle
