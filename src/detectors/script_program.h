// The program of a TorchScript module, inspected after LibTorch compiled it and before any of it runs.
// Internal to this room.
#pragma once

#include <string>

namespace torch::jit {
struct Module;
}

namespace gdd {

// Looks at every function and method of the module, and at all that these call, however it is called. Errors,
// naming `path` and the operator: one that is not known (script_operators.h); a call that cannot be followed;
// a program that unfolds to too many operators once its calls are written out.
void refuse_foreign_operators(const torch::jit::Module& module, const std::string& path);

}  // namespace gdd
