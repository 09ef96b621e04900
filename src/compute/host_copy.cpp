#include "compute/host_copy.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace gdd {

HostCopy::HostCopy(const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  if (!tensor.is_cuda()) {
    host_ = tensor.to(at::kCPU);
    return;
  }
  host_ = at::empty(tensor.sizes(), at::TensorOptions().dtype(tensor.scalar_type()).pinned_memory(true));
  host_.copy_(tensor, /*non_blocking=*/true);
  arrived_.emplace(tensor.device().type());
  arrived_->record(c10::impl::VirtualGuardImpl(tensor.device().type()).getStream(tensor.device()));
}

const at::Tensor& HostCopy::wait() {
  if (arrived_) arrived_->synchronize();
  arrived_.reset();
  return host_;
}

at::Tensor copy_to_host(const at::Tensor& tensor) { return HostCopy(tensor).wait(); }

}  // namespace gdd
