// Between foreign files, torch tensors and plain vectors. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "checkpoints/tensor_view.h"

namespace gdd {

// A contiguous float32 copy on the CPU, same shape.
at::Tensor copy_as_tensor(const TensorView& view);

// Appends the elements of a float32 tensor, on any device, in row-major order.
void append(const at::Tensor& tensor, std::vector<float>& values);

}  // namespace gdd
