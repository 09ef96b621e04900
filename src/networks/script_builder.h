// Makes TorchScript modules without tracing: classes from fields and source, instances from values.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gdd {

// One field of a TorchScript class and its value in one instance.
struct Field {
  enum class Role { kAttribute, kParameter, kBuffer };

  std::string name;
  c10::TypePtr type;
  c10::IValue value;
  Role role = Role::kAttribute;
};
using Fields = std::vector<Field>;

Field parameter_field(std::string name, at::Tensor value);
Field buffer_field(std::string name, at::Tensor value);
Field int_field(std::string name, std::int64_t value);
Field float_field(std::string name, double value);
Field bool_field(std::string name, bool value);
Field module_field(std::string name, const torch::jit::Module& value);

// Owns the compilation unit that all modules of one network share.
class ScriptBuilder {
 public:
  ScriptBuilder() : unit_(std::make_shared<torch::jit::CompilationUnit>()) {}

  // An instance of `__torch__.gdd.<class_name>` with these fields and the methods in `source` (TorchScript;
  // methods of one class may call each other). Instances whose fields agree in names and types and whose
  // source is the same share one class, so that a layer is compiled once and not once an instance; the others
  // of that name are numbered (UNetBlock, UNetBlock1, ...).
  torch::jit::Module make(const std::string& class_name, const Fields& fields, const std::string& source);

 private:
  c10::ClassTypePtr define(const std::string& class_name, const Fields& fields, const std::string& source);

  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::map<std::string, c10::ClassTypePtr> classes_;  // by class name, fields and source
  std::map<std::string, int> variants_;               // by class name: how many there are
};

}  // namespace gdd
