// A pickle's values as Python would print them, for comparison in tests; nesting is cut at 20 levels.
#pragma once

#include <sstream>
#include <string>

#include "pickle/pickle.h"

namespace gdd::pickle {

inline std::string describe(const Value& value, int depth = 0);

inline std::string describe_items(const List& items, int depth) {
  std::string text;
  for (const Value* item : items) text += (text.empty() ? "" : " ") + describe(*item, depth + 1);
  return text;
}

inline std::string describe(const Value& value, int depth) {
  if (depth > 20) return "...";
  std::ostringstream text;
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return *value.boolean() ? "True" : "False";
    case Kind::kInt:
      return std::to_string(*value.integer());
    case Kind::kBigInt:
      return "big(" + std::to_string(value.bytes()->size()) + ")";
    case Kind::kFloat:
      text << *value.real();
      return text.str();
    case Kind::kString:
      return "'" + std::string(*value.text()) + "'";
    case Kind::kBytes:
      return "b'" + std::string(as_text(*value.bytes())) + "'";
    case Kind::kList:
      return "[" + describe_items(*value.items(), depth) + "]";
    case Kind::kTuple:
      return "(" + describe_items(*value.items(), depth) + ")";
    case Kind::kDict:
      return "{" + describe_items(*value.items(), depth) + "}";
    case Kind::kSet:
      return "set(" + describe_items(*value.items(), depth) + ")";
    case Kind::kGlobal:
      return "<" + std::string(*value.global()) + ">";
    case Kind::kPersistentId:
      return "@" + describe(*value.persistent_id(), depth + 1);
    case Kind::kObject:
      break;
  }
  const Object& object = *value.object();
  text << describe(*object.callable, depth + 1) << describe(*object.arguments, depth + 1);
  if (object.keywords) text << "**" << describe(*object.keywords, depth + 1);
  if (object.state) text << " state " << describe(*object.state, depth + 1);
  if (!object.items.empty()) text << " [" << describe_items(object.items, depth) << "]";
  if (!object.entries.empty()) text << " {" << describe_items(object.entries, depth) << "}";
  return text.str();
}

}  // namespace gdd::pickle
