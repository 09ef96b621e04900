// oneDNN's layers as torch's own compiler calls them, with what follows them inside: they have no C++
// declaration. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <vector>

namespace gdd {

// Whether it has layers of that type here: not on a GPU, and below float32 not without AVX-512.
bool has_onednn(const c10::Device& device, c10::ScalarType type);

// Calls the operator of that name, which gives one tensor.
at::Tensor call_onednn(const char* name, std::vector<c10::IValue> arguments);

}  // namespace gdd
