// What a pickle describes, as inert values: nothing here is ever called, imported or constructed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/printable.h"

namespace gdd::pickle {

enum class Kind : std::uint8_t {
  kNone,
  kBool,
  kInt,           // fits std::int64_t
  kBigInt,        // does not: two's complement, little-endian, as bytes
  kFloat,         // double
  kString,        // UTF-8
  kBytes,         // a view into the input, not a copy
  kList,          // items
  kTuple,         // items
  kDict,          // items: key, value, key, value, ... in file order, repeated keys included
  kSet,           // items
  kGlobal,        // text "module name"
  kObject,        // something a global would have made
  kPersistentId,  // a reference to something outside the pickle
};
const char* kind_name(Kind kind);  // "a dict", for messages

struct Value;
using List = std::vector<const Value*>;

// What REDUCE, NEWOBJ, INST, OBJ or BUILD would have made.
struct Object {
  const Value* callable = nullptr;   // kGlobal
  const Value* arguments = nullptr;  // kTuple
  const Value* keywords = nullptr;   // kDict of NEWOBJ_EX, else nullptr
  const Value* state = nullptr;      // what BUILD brought, else nullptr
  List items;                        // what APPEND brought
  List entries;                      // what SETITEM brought: key, value, key, value, ...
};

// One value; a Pickle owns it. Values are shared (the memo), and lists, dicts and objects may contain
// themselves: whoever walks them must bound the walk.
struct Value {
  Kind kind = Kind::kNone;
  std::uint16_t depth = 0;     // nesting below this value when it was made; a lower bound once it has grown
  std::uint64_t position = 0;  // byte of the opcode that made it, for messages
  std::variant<std::monostate, bool, std::int64_t, double, std::string_view, Bytes, List*, Object*,
               const Value*>
      content;

  // Each is nullptr when the value is of another kind.
  const bool* boolean() const { return std::get_if<bool>(&content); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&content); }
  const double* real() const { return std::get_if<double>(&content); }
  const Bytes* bytes() const { return std::get_if<Bytes>(&content); }  // kBytes and kBigInt
  const std::string_view* text() const { return kind == Kind::kString ? view() : nullptr; }
  const std::string_view* global() const { return kind == Kind::kGlobal ? view() : nullptr; }
  const List* items() const {
    const auto* list = std::get_if<List*>(&content);
    return list ? *list : nullptr;
  }
  const Object* object() const {
    const auto* made = std::get_if<Object*>(&content);
    return made ? *made : nullptr;
  }
  const Value* persistent_id() const {
    const auto* id = std::get_if<const Value*>(&content);
    return id ? *id : nullptr;
  }
  bool is_none() const { return kind == Kind::kNone; }
  bool is_text(std::string_view expected) const { return text() && *text() == expected; }
  // An object whose callable is the global "module name".
  bool is_made_by(std::string_view global_name) const;

 private:
  const std::string_view* view() const { return std::get_if<std::string_view>(&content); }
};

// The value behind a key of alternating keys and values; of a repeated key the last, as in Python. nullptr if
// absent.
const Value* find_entry(const List& entries, std::string_view key);

using gdd::quoted;  // foreign text in a message

}  // namespace gdd::pickle
