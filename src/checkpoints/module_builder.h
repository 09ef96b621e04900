// From the values of a pickle to module trees and state dicts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkpoints/budget.h"
#include "checkpoints/module_tree.h"
#include "checkpoints/plain_values.h"
#include "checkpoints/tensors.h"
#include "pickle/pickle.h"

namespace gdd {

// A persistent object of any class, or a module of torch.nn itself.
bool is_module(const pickle::Value& value);

// The parts of a persistent object that matter; nullptr where the file has none.
struct PersistentObject {
  std::string_view class_name;
  const pickle::Value* module_src = nullptr;  // text
  const pickle::Value* state = nullptr;
};
PersistentObject persistent_object(const pickle::Pickle& pickle, const pickle::Value& value);

// Builds one tree; use a fresh one for each, as they share a budget.
class ModuleBuilder {
 public:
  ModuleBuilder(const pickle::Pickle& pickle, const StorageSource& storages)
      : pickle_(pickle), tensors_(pickle, storages) {}

  // Errors: damaged, cyclic, too deep, over budget, a parameter or buffer that is no tensor, a child that is
  // no module.
  ModuleTree module(const pickle::Value& value, const std::string& path);
  // Every entry of a dict must be a tensor.
  StateDict state_dict(const pickle::Value& value);
  // Tensors of a TorchScript object and the objects in it, named by attributes joined with dots. Others are
  // left out.
  StateDict torchscript_state(const pickle::Value& value);

 private:
  using Tensors = std::vector<std::pair<std::string, std::optional<TensorView>>>;

  void enter(const pickle::Value& value, const std::string& path);
  void fill(ModuleTree& module, const pickle::Value& state);
  void add_arrays(ModuleTree& object, const std::vector<NamedValue>& state);
  Tensors tensors(const pickle::Value& value, const std::string& path, const std::string& what);
  void add_children(ModuleTree& module, const pickle::Value& value);
  void add_torchscript(const pickle::Value& value, const std::string& prefix, StateDict& out);
  TensorView tensor(const pickle::Value& value, const std::string& path);
  std::string hash_of(const pickle::Value* source);
  std::vector<NamedValue> entries(const pickle::Value& value, const std::string& what) {
    return named_entries(pickle_, value, what, budget_);
  }

  const pickle::Pickle& pickle_;
  TensorReader tensors_;
  Budget budget_;
  std::vector<const pickle::Value*> ancestors_;  // of the module being built
  std::map<const pickle::Value*, std::string> hashes_;
};

}  // namespace gdd
