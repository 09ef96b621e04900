// A module tree as text: modules.json inside a converted .pt. From it and the file's tensors the network is
// built again from our own TorchScript, so that the program in the file need not be run.
#pragma once

#include <functional>
#include <string>

#include "checkpoints/module_tree.h"

namespace gdd {

// The name under which the tensor at a path of the tree ("ema.model.enc.8x8_conv.weight") is stored.
using TensorName = std::function<std::string(const std::string& path)>;

// Class names, plain attributes, children in their order, and for each parameter and buffer its stored name.
std::string write_tree(const ModuleTree& tree, const TensorName& stored_name);

// The tree again, its tensors taken from `tensors`. Errors, naming `path`: not such a text, nested too
// deeply, a tensor that is absent from `tensors` or named twice, one of `tensors` that no module has.
ModuleTree read_tree_text(const std::string& text, const StateDict& tensors, const std::string& path);

}  // namespace gdd
