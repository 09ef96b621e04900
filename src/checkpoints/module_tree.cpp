#include "checkpoints/module_tree.h"

#include <cmath>

#include "gdd/error.h"

namespace gdd {
namespace {

const auto* find_named(const auto& rows, const std::string& name) {
  for (const auto& row : rows)
    if (row.first == name) return &row.second;
  return static_cast<decltype(&rows.front().second)>(nullptr);
}

const TensorView* find_tensor(const auto& rows, const std::string& name) {
  const auto* found = find_named(rows, name);
  return found && *found ? &**found : nullptr;
}

const char* kind_of(const Attribute& attribute) {
  static constexpr const char* kKinds[] = {"None", "a bool", "an int", "a float", "a string", "a list"};
  return kKinds[attribute.value.index()];
}

[[noreturn]] void fail(const ModuleTree& module, const std::string& name, const std::string& expected,
                       const Attribute* found) {
  throw Error(module.path.empty() ? module.class_name : module.path, "expected attribute '" + name +
                                                                         "' to be " + expected + ", found " +
                                                                         (found ? kind_of(*found) : "none"));
}

}  // namespace

ModuleTree::ModuleTree() = default;

const ModuleTree* ModuleTree::child(const std::string& name) const { return find_named(children, name); }
const TensorView* ModuleTree::parameter(const std::string& name) const {
  return find_tensor(parameters, name);
}
const TensorView* ModuleTree::buffer(const std::string& name) const { return find_tensor(buffers, name); }
const Attribute* ModuleTree::attribute(const std::string& name) const { return find_named(attributes, name); }
const std::string* ModuleTree::left_out(const std::string& name) const { return find_named(unread, name); }

std::int64_t ModuleTree::get_int(const std::string& name) const {
  const Attribute* found = attribute(name);
  if (found) {
    if (const auto* number = std::get_if<std::int64_t>(&found->value)) return *number;
    const auto* real = std::get_if<double>(&found->value);
    if (real && std::trunc(*real) == *real && std::abs(*real) < 0x1p62)
      return static_cast<std::int64_t>(*real);
  }
  fail(*this, name, "an int", found);
}

std::int64_t ModuleTree::get_int(const std::string& name, std::int64_t otherwise) const {
  return attribute(name) ? get_int(name) : otherwise;
}

double ModuleTree::get_double(const std::string& name) const {
  const Attribute* found = attribute(name);
  if (found) {
    if (const auto* real = std::get_if<double>(&found->value)) return *real;
    if (const auto* number = std::get_if<std::int64_t>(&found->value)) return static_cast<double>(*number);
  }
  fail(*this, name, "a number", found);
}

bool ModuleTree::get_bool(const std::string& name, bool otherwise) const {
  const Attribute* found = attribute(name);
  if (!found) return otherwise;
  if (const auto* flag = std::get_if<bool>(&found->value)) return *flag;
  fail(*this, name, "a bool", found);
}

}  // namespace gdd
