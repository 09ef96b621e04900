// The streams of cuda_stream.h for all seeds of a batch at once, as integer expressions of torch on any
// device: no loop over seeds, and nothing waits for the device.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "random/cuda_stream.h"
#include "random/random_streams.h"

namespace gdd {

// Words, and with them whole numbers, are those of one CudaStream a seed. Normals are of the same formulas
// and of the same float32 or float64 angle, with the sine, cosine, logarithm and root of the device in
// float64: float32 within one unit in the last place, float64 within four.
class DeviceStream : public RandomStreams {
 public:
  // One stream a seed; at least one. Their numbers are drawn on `device`.
  DeviceStream(std::span<const std::uint64_t> seeds, const CudaModel& model, const at::Device& device);

  at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) override;
  // `high` in [1, 2^28), as CudaStream's.
  at::Tensor randint(std::int64_t high) override;

 private:
  at::Tensor keys_;  // int64 [2, N, 1, 1]: the lower and upper 32 bits of each seed
  CudaModel model_;
  std::int64_t counter_ = 0;  // the same of all streams, which move together
};

}  // namespace gdd
