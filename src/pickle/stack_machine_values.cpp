// The part of the stack machine that makes plain values and containers.
#include <algorithm>

#include "base/limits.h"
#include "pickle/stack_machine.h"
#include "pickle/text_values.h"

namespace gdd::pickle {

void StackMachine::check_protocol(std::int64_t version) const {
  if (version > kHighestProtocol)
    fail("expected pickle protocol 0 to 5, found " + std::to_string(version),
         "the file is damaged or too new");
}

void StackMachine::push_int_line(std::string_view line) {
  // Protocol 0 spells False and True as the ints 00 and 01.
  if (line == "00" || line == "01") {
    make(Kind::kBool)->content = line == "01";
    return;
  }
  const auto number = parse_int(line);
  if (!number) fail("expected an int of 64 bits, found " + quoted(line));
  make(Kind::kInt)->content = *number;
}

void StackMachine::push_long(Bytes digits) {
  if (digits.size() > sizeof(std::int64_t)) {
    make(Kind::kBigInt)->content = digits;
    return;
  }
  std::uint64_t number =
      !digits.empty() && (digits.back() & std::byte{0x80}) != std::byte{0} ? ~std::uint64_t{0} : 0;
  for (std::size_t i = digits.size(); i-- > 0;) number = number << 8 | static_cast<std::uint64_t>(digits[i]);
  make(Kind::kInt)->content = static_cast<std::int64_t>(number);
}

void StackMachine::push_float_line(std::string_view line) {
  const auto number = parse_float(line);
  if (!number) fail("expected a float, found " + quoted(line));
  make(Kind::kFloat)->content = *number;
}

void StackMachine::push_text(std::string_view text) {
  if (text.size() > limits::kMaxPickleString)
    fail("a string of " + std::to_string(text.size()) + " bytes is over the limit of " +
         std::to_string(limits::kMaxPickleString));
  if (!is_utf8(text)) fail("expected UTF-8 text, found " + quoted(text), "the file is damaged");
  make(Kind::kString)->content = text;
}

void StackMachine::push_decoded(std::optional<std::string> text) {
  if (!text) fail("expected an escaped string", "the file is damaged");
  push_old_string(out_.texts_.emplace_back(std::move(*text)));
}

// Python 2's str may be text or bytes: whichever it can be.
void StackMachine::push_old_string(std::string_view text) {
  if (text.size() <= limits::kMaxPickleString && is_utf8(text))
    make(Kind::kString)->content = text;
  else
    make(Kind::kBytes)->content = as_bytes(text);
}

void StackMachine::push_container(Kind kind, List items) {
  if (kind == Kind::kDict && items.size() % 2 != 0)
    fail("a dict has a key without a value", "the file is damaged");
  Value* container = make(kind);
  deepen(container, items);
  container->content = &out_.lists_.emplace_back(std::move(items));
}

void StackMachine::add_items(Kind kind, const List& added) {
  Value* container = top();
  List* items = nullptr;
  if (container->kind == kind) items = std::get<List*>(container->content);
  if (container->kind == Kind::kObject && kind == Kind::kList)
    items = &std::get<Object*>(container->content)->items;
  if (!items)
    fail(std::string("expected ") + kind_name(kind) + " to add to, found " + kind_name(container->kind));
  deepen(container, added);
  items->insert(items->end(), added.begin(), added.end());
}

void StackMachine::add_entries(const List& added) {
  if (added.size() % 2 != 0) fail("a dict has a key without a value", "the file is damaged");
  Value* container = top();
  List* entries = nullptr;
  if (container->kind == Kind::kDict) entries = std::get<List*>(container->content);
  if (container->kind == Kind::kObject) entries = &std::get<Object*>(container->content)->entries;
  if (!entries) fail(std::string("expected a dict to add to, found ") + kind_name(container->kind));
  deepen(container, added);
  entries->insert(entries->end(), added.begin(), added.end());
}

void StackMachine::deepen(Value* container, const List& children) const {
  std::uint64_t depth = container->depth;
  for (const Value* child : children) depth = std::max<std::uint64_t>(depth, child->depth + std::uint64_t{1});
  if (depth > limits::kMaxPickleDepth)
    fail("containers nested deeper than " + std::to_string(limits::kMaxPickleDepth));
  container->depth = static_cast<std::uint16_t>(depth);
}

}  // namespace gdd::pickle
