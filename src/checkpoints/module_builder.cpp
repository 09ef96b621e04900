#include "checkpoints/module_builder.h"

#include <algorithm>

#include "base/sha256.h"
#include "checkpoints/known_globals.h"
#include "checkpoints/numpy_values.h"

namespace gdd {

using pickle::Kind;
using pickle::Pickle;
using pickle::quoted;
using pickle::Value;

namespace {

bool is_torch_module(const Value& value) {
  return value.object() && is_torch_module_class(*value.object()->callable->global());
}

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '.' + std::string(name);
}

const Value* entry(const std::vector<NamedValue>& entries, std::string_view name) {
  for (const auto& [key, value] : entries)
    if (key == name) return value;
  return nullptr;
}

}  // namespace

bool is_module(const Value& value) { return value.is_made_by(kPersistentObject) || is_torch_module(value); }

PersistentObject persistent_object(const Pickle& pickle, const Value& value) {
  const Value& meta =
      *pickle.sequence(*value.object()->arguments, "the arguments of a persistent object", 1)[0];
  if (meta.kind != Kind::kDict)
    pickle.fail(meta, "expected the description of a persistent object to be a dict");
  if (meta.items()->size() > 2 * limits::kMaxPersistentParts)
    pickle.fail(meta, "the description of a persistent object has too many parts");
  const auto part = [&](std::string_view name) { return find_entry(*meta.items(), name); };
  const Value *type = part("type"), *class_name = part("class_name");
  if (!type || !type->is_text("class") || !class_name)
    pickle.fail(meta, "expected a persistent object of a class");
  PersistentObject object{pickle.text(*class_name, "class_name"), part("module_src"), part("state")};
  if (object.module_src) pickle.text(*object.module_src, "module_src");
  return object;
}

ModuleTree ModuleBuilder::module(const Value& value, const std::string& path) {
  enter(value, path);
  ModuleTree module;
  module.path = path;
  const Value* state = nullptr;
  if (value.is_made_by(kPersistentObject)) {
    const PersistentObject object = persistent_object(pickle_, value);
    module.class_name = object.class_name;
    module.source_sha256 = hash_of(object.module_src);
    if (object.module_src) module.source = *object.module_src->text();
    state = object.state;
  } else if (is_torch_module(value)) {
    module.class_name = *value.object()->callable->global();
    std::replace(module.class_name.begin(), module.class_name.end(), ' ', '.');
    state = value.object()->state;
  } else {
    pickle_.fail(value, "expected " + quoted(path) + " to be a module, found " + kind_name(value.kind));
  }
  budget_.charge(pickle_, value, module.class_name.size());
  if (state) fill(module, *state);
  ancestors_.pop_back();
  return module;
}

void ModuleBuilder::enter(const Value& value, const std::string& path) {
  budget_.charge(pickle_, value, sizeof(ModuleTree) + path.size());
  if (std::find(ancestors_.begin(), ancestors_.end(), &value) != ancestors_.end())
    pickle_.fail(value, "module " + quoted(path) + " contains itself");
  if (ancestors_.size() >= limits::kMaxModuleDepth)
    pickle_.fail(value, "module " + quoted(path) + " is nested too deeply");
  ancestors_.push_back(&value);
}

void ModuleBuilder::fill(ModuleTree& module, const Value& state) {
  const std::string what = "the state of " + module.path;
  const std::vector<NamedValue> all = entries(state, what);
  module.attributes = plain_values(pickle_, all, budget_);
  if (!entry(all, "_modules")) add_arrays(module, all);
  if (const Value* given = entry(all, "_init_kwargs"))
    module.init_kwargs = plain_values(pickle_, entries(*given, "_init_kwargs of " + module.path), budget_);
  if (const Value* parameters = entry(all, "_parameters"))
    module.parameters = tensors(*parameters, module.path, "the parameters of ");
  if (const Value* buffers = entry(all, "_buffers"))
    module.buffers = tensors(*buffers, module.path, "the buffers of ");
  if (const Value* children = entry(all, "_modules")) add_children(module, *children);
}

// An object that is no torch module, as EDM2's encoders, keeps its numbers in arrays.
void ModuleBuilder::add_arrays(ModuleTree& object, const std::vector<NamedValue>& state) {
  for (const auto& [name, value] : state) {
    if (!is_numpy_array(*value)) continue;
    std::string what;
    if (auto list = plain_array(pickle_, *value, budget_, what)) {
      object.attributes.emplace_back(name, std::move(*list));
    } else {
      budget_.charge(pickle_, *value, name.size() + what.size());
      object.unread.emplace_back(name, std::move(what));
    }
  }
}

ModuleBuilder::Tensors ModuleBuilder::tensors(const Value& value, const std::string& path,
                                              const std::string& what) {
  Tensors result;
  for (const auto& [name, item] : entries(value, what + path))
    result.emplace_back(name,
                        item->is_none() ? std::optional<TensorView>() : tensor(*item, joined(path, name)));
  return result;
}

TensorView ModuleBuilder::tensor(const Value& value, const std::string& path) {
  TensorView view = tensors_.read(value, path);
  budget_.charge(pickle_, value, sizeof(TensorView) + path.size() + 16 * view.shape.size());
  return view;
}

void ModuleBuilder::add_children(ModuleTree& parent, const Value& value) {
  for (const auto& [name, item] : entries(value, "the children of " + parent.path))
    if (!item->is_none()) parent.children.emplace_back(name, module(*item, joined(parent.path, name)));
}

std::string ModuleBuilder::hash_of(const Value* source) {
  if (!source) return "";
  std::string& hash = hashes_[source];
  if (hash.empty()) hash = sha256(as_bytes(*source->text()));
  return hash;
}

StateDict ModuleBuilder::state_dict(const Value& value) {
  StateDict result;
  for (const auto& [name, item] : entries(value, "the state dict")) {
    if (!is_tensor(*item))
      pickle_.fail(*item, "expected entry " + quoted(name) + " of the state dict to be a tensor, found " +
                              kind_name(item->kind));
    result.emplace_back(name, tensor(*item, std::string(name)));
  }
  return result;
}

StateDict ModuleBuilder::torchscript_state(const Value& value) {
  StateDict result;
  add_torchscript(value, "", result);
  return result;
}

void ModuleBuilder::add_torchscript(const Value& value, const std::string& prefix, StateDict& out) {
  enter(value, prefix);
  if (!value.object() || !value.object()->state)
    pickle_.fail(value, "expected a TorchScript object with a state");
  for (const auto& [name, item] : entries(*value.object()->state, "the state of " + quoted(prefix))) {
    if (is_tensor(*item))
      out.emplace_back(joined(prefix, name), tensor(*item, joined(prefix, name)));
    else if (item->object() && item->object()->callable->global()->starts_with("__torch__"))
      add_torchscript(*item, joined(prefix, name), out);
  }
  ancestors_.pop_back();
}

}  // namespace gdd
