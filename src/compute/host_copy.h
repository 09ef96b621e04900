// What a device computed, brought to the CPU.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

namespace gdd {

// A copy on its way: it begins when the device has computed what was asked of it before, and the CPU works
// on meanwhile. From CUDA through pinned memory, which the bus reaches without a copy between and which torch
// keeps for the next one. Of a tensor on the CPU: the tensor itself, which is there.
class HostCopy {
 public:
  HostCopy() = default;
  // Of any shape and dtype; undefined: nothing is copied.
  explicit HostCopy(const at::Tensor& tensor);

  // The copy, when it is complete; undefined where there was nothing to copy.
  const at::Tensor& wait();

 private:
  at::Tensor host_;
  std::optional<c10::Event> arrived_;
};

// Complete when the call returns.
at::Tensor copy_to_host(const at::Tensor& tensor);

}  // namespace gdd
