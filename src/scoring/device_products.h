// Products of rows for manifolds on a device.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <map>
#include <mutex>
#include <utility>

#include "compute/compute_scope.h"
#include "gdd/metrics/manifold.h"

namespace gdd {

// For one manifold_scores: a block of rows goes to the device when it is first asked for and stays there, so
// that each set is carried over once, or twice where its blocks are cut anew to meet a smaller set. Products
// are of full float32 (no TF32) as long as this lives, which is longer than what uses them and on the thread
// that made it. What rows are at an address must not change meanwhile.
class DeviceProducts {
 public:
  explicit DeviceProducts(const c10::Device& device) : device_(device) {}
  DeviceProducts(const DeviceProducts&) = delete;
  DeviceProducts& operator=(const DeviceProducts&) = delete;

  // a [n,D], b [m,D] on the CPU -> out [n,m], there too. From any number of threads.
  void operator()(FeaturesF32 a, FeaturesF32 b, float* out);

 private:
  at::Tensor rows_on_device(FeaturesF32 rows);
  void enter_device() const;

  c10::Device device_;
  ComputeScope full_float32_{{.tf32 = false}};
  std::mutex mutex_;
  std::map<std::pair<const float*, std::int64_t>, at::Tensor> kept_;  // of rows from there on, so many
};

}  // namespace gdd
