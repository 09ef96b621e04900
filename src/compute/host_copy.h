// What a device computed, brought to the CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace gdd {

// Of any shape and dtype; complete when the call returns. From CUDA through pinned memory, which the bus
// reaches without a copy between and which torch keeps for the next one. On the CPU: the tensor itself.
at::Tensor copy_to_host(const at::Tensor& tensor);

}  // namespace gdd
