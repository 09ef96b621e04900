#include "compute/host_copy.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace gdd {

at::Tensor copy_to_host(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor.to(at::kCPU);
  const at::Tensor host =
      at::empty(tensor.sizes(), at::TensorOptions().dtype(tensor.scalar_type()).pinned_memory(true));
  host.copy_(tensor, /*non_blocking=*/true);
  c10::impl::VirtualGuardImpl(tensor.device().type()).getStream(tensor.device()).synchronize();
  return host;
}

}  // namespace gdd
