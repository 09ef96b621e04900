// Where a tensor of a state dict lies in a module tree, by its name. No torch is needed.
#pragma once

#include <string>
#include <utility>

#include "checkpoints/module_tree.h"

namespace gdd {

// The child of that name, made with its path where it is not there yet.
ModuleTree& child_of(ModuleTree& parent, const std::string& name);

// The module that the tensor of this name ("model.enc.64x64_conv.weight") is in, made with those around it
// where they are not there yet, each with its path; and the tensor's own name in it. nullptr: it is no such
// name, a part of it being empty, or more of them than limits::kMaxModuleDepth.
std::pair<ModuleTree*, std::string> place_of(ModuleTree& root, const std::string& name);

}  // namespace gdd
