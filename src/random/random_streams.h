// One random stream per seed, as upstream's StackedRandomGenerator (EDM and GDD generate.py): image i of a
// batch draws only from its own seed's stream, so an image does not depend on which batch it is in. A seed
// counts modulo 2^32.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gdd {

class RandomStreams {
 public:
  virtual ~RandomStreams() = default;

  // Standard normal numbers [N, shape...] on the device of the streams, row i from stream i. dtype float32 or
  // float64.
  virtual at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) = 0;
  // One integer in [0, high) from each stream: int64 [N].
  virtual at::Tensor randint(std::int64_t high) = 0;
};

// What --rng names: "cpu" is torch's CPU generator (mt19937), "cuda" the stream torch draws on a CUDA device.
// An empty `rng` is upstream's choice: the generator of the device that computes.
// Usage error: an unknown name.
std::unique_ptr<RandomStreams> open_random_streams(const std::string& rng,
                                                   std::span<const std::int64_t> seeds,
                                                   const at::Device& device);

// The name that `rng` stands for on `device`, for reports: "cpu" or "cuda".
std::string rng_name(const std::string& rng, const at::Device& device);

}  // namespace gdd
