#include "scoring/device_products.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "compute/host_copy.h"

namespace gdd {

at::Tensor DeviceProducts::rows_on_device(FeaturesF32 rows) {
  const std::lock_guard lock(mutex_);
  at::Tensor& kept = kept_[{rows.data, rows.rows}];
  if (!kept.defined())
    kept = at::from_blob(const_cast<float*>(rows.data), {rows.rows, rows.columns}, at::kFloat).to(device_);
  return kept;
}

// A thread that has not used the device yet: cuBLAS would warn of that.
void DeviceProducts::enter_device() const {
  if (device_.is_cpu()) return;
  const c10::impl::VirtualGuardImpl driver(device_.type());
  driver.queryStream(driver.getStream(device_));
}

void DeviceProducts::operator()(FeaturesF32 a, FeaturesF32 b, float* out) {
  const c10::InferenceMode guard;
  enter_device();
  const at::Tensor products = copy_to_host(at::mm(rows_on_device(a), rows_on_device(b).t()));
  std::copy_n(products.const_data_ptr<float>(), products.numel(), out);
}

}  // namespace gdd
