// A torch module as a foreign file describes it: class name, plain attributes, parameters, buffers, children.
// This is what networks/ and detectors/ build from; no code of the file is needed or run.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "checkpoints/tensor_view.h"

namespace gdd {

// Plain attribute of a module: Python's None, bool, int, float, str, or a flat or nested list/tuple of them;
// of an object that is no torch module also a numpy array of one dimension, as a list.
struct Attribute {
  using List = std::vector<Attribute>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List> value;
};

struct ModuleTree {
  // Defined in the .cpp: clang cannot say whether a pair of an unfinished class is default-constructible.
  ModuleTree();

  std::string path;           // "ema.model.enc.32x32_conv": for messages
  std::string class_name;     // "SongUNet"; for classes that are not persistent objects
                              // "torch.nn.modules.container.ModuleDict"
  std::string source_sha256;  // of module_src; empty when the class carries none
  std::string_view source;    // module_src itself; lives as long as the Checkpoint
  std::vector<std::pair<std::string, Attribute>>
      attributes;  // plain ones only, in file order; others are left out
  std::vector<std::pair<std::string, std::string>>
      unread;  // arrays among those left out, and what each is: "an array of 5000 numbers, more than 1024"
  std::vector<std::pair<std::string, Attribute>>
      init_kwargs;  // what the constructor was given (_init_kwargs), plain ones only
  std::vector<std::pair<std::string, std::optional<TensorView>>> parameters;  // nullopt: registered as None
  std::vector<std::pair<std::string, std::optional<TensorView>>> buffers;
  std::vector<std::pair<std::string, ModuleTree>>
      children;  // in file order: forward passes depend on it; None children are left out

  const ModuleTree* child(const std::string& name) const;      // nullptr if absent
  const TensorView* parameter(const std::string& name) const;  // nullptr if absent or None
  const TensorView* buffer(const std::string& name) const;     // nullptr if absent or None
  const Attribute* attribute(const std::string& name) const;   // nullptr if absent
  const std::string* left_out(const std::string& name) const;  // what of `unread`; nullptr if absent

  // Typed access; an error names path, attribute, expected and found. The forms with a default accept
  // absence. An int is accepted as double; a float with an integral value is accepted as int.
  std::int64_t get_int(const std::string& name) const;
  std::int64_t get_int(const std::string& name, std::int64_t otherwise) const;
  double get_double(const std::string& name) const;
  bool get_bool(const std::string& name, bool otherwise) const;
};

// Named tensors without modules: a state dict (pytorch-fid's .pth) or the parameters of a TorchScript
// archive.
using StateDict = std::vector<std::pair<std::string, TensorView>>;

}  // namespace gdd
