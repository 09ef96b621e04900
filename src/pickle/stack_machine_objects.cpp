// The part of the stack machine that would import and call. It does neither: it checks the name and keeps a
// record.
#include "base/limits.h"
#include "pickle/stack_machine.h"

namespace gdd::pickle {
namespace {

constexpr const char* kMalicious = "a file of weights never needs it: it may be malicious";

}  // namespace

Value* StackMachine::global(std::string_view module, std::string_view name) {
  const std::string full_name = std::string(module) + ' ' + std::string(name);
  if (const auto known = out_.globals_.find(full_name); known != out_.globals_.end()) return known->second;
  if (policy_(module, name) == GlobalUse::kUnknown)
    fail("global " + quoted(full_name) + " is not known", kMalicious);
  global_bytes_ += full_name.size();
  if (global_bytes_ > limits::kMaxPickleGlobals)
    fail("the names of globals exceed " + std::to_string(limits::kMaxPickleGlobals) + " bytes", kMalicious);
  Value& value = out_.values_.emplace_back();
  value.kind = Kind::kGlobal;
  value.position = opcode_position_;
  const auto [entry, added] = out_.globals_.emplace(full_name, &value);
  value.content = std::string_view(entry->first);  // a map's keys do not move
  return &value;
}

void StackMachine::push_stack_global() {
  const List names = take(2);
  if (!names[0]->text() || !names[1]->text())
    fail("expected the name of a global as two strings, found " + std::string(kind_name(names[0]->kind)) +
             " and a " + kind_name(names[1]->kind),
         kMalicious);
  // The memo can bring a long text a million times; joining it each time would take hours.
  if (names[0]->text()->size() + names[1]->text()->size() > limits::kMaxPickleLine)
    fail("global " + quoted(*names[0]->text()) + " has too long a name", kMalicious);
  push(global(*names[0]->text(), *names[1]->text()));
}

void StackMachine::call(const Opcode& opcode, const List& parts) {
  const Value* callable = parts[0];
  if (!callable->global()) fail(std::string(opcode.name) + " calls " + kind_name(callable->kind), kMalicious);
  const std::string_view name = *callable->global();
  const std::size_t space = name.find(' ');
  if (policy_(name.substr(0, space), name.substr(space + 1)) != GlobalUse::kCallable)
    fail(std::string(opcode.name) + " calls " + quoted(name) + ", which is only known as a name", kMalicious);
  if (parts[1]->kind != Kind::kTuple)
    fail(std::string(opcode.name) + " expects its arguments in a tuple, found " + kind_name(parts[1]->kind));
  if (parts.size() > 2 && parts[2]->kind != Kind::kDict)
    fail(std::string(opcode.name) + " expects its keywords in a dict, found " + kind_name(parts[2]->kind));
  Object& object = out_.objects_.emplace_back();
  object.callable = callable;
  object.arguments = parts[1];
  if (parts.size() > 2) object.keywords = parts[2];
  Value* value = make(Kind::kObject);
  value->content = &object;
  deepen(value, parts);
}

void StackMachine::call_inst(const Opcode& opcode, const Operand& operand) {
  push_container(Kind::kTuple, take_to_mark());
  const Value* arguments = pop();
  call(opcode, {global(operand.line, operand.second_line), arguments});
}

// The stack holds a mark, the class, and then the arguments.
void StackMachine::call_obj(const Opcode& opcode) {
  List parts = take_to_mark();
  if (parts.empty()) fail("OBJ without a class", "the file is damaged");
  const Value* callable = parts.front();
  push_container(Kind::kTuple, List(parts.begin() + 1, parts.end()));
  const Value* arguments = pop();
  call(opcode, {callable, arguments});
}

void StackMachine::build() {
  const Value* state = pop();
  Value* value = top();
  if (!value->object()) fail(std::string("BUILD sets the state of ") + kind_name(value->kind), kMalicious);
  Object* object = std::get<Object*>(value->content);
  if (object->state) fail("BUILD sets the state of an object twice");
  object->state = state;
  deepen(value, {state});
}

void StackMachine::push_persistent_id() {
  const Value* id = pop();
  Value* value = make(Kind::kPersistentId);
  value->content = id;
  deepen(value, {id});
}

void StackMachine::refuse(const Opcode& opcode) const {
  fail(std::string("opcode ") + opcode.name + " refers to something outside the file",
       "a file of weights never needs it: it may be damaged or malicious");
}

}  // namespace gdd::pickle
