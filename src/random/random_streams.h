// One random stream per seed, as upstream's StackedRandomGenerator (EDM and GDD generate.py): image i of a
// batch draws only from its own seed's stream, so its noise does not depend on which batch it is in. A seed
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

  // Standard normal numbers [N, shape...] on the device that computes, row i from stream i. dtype float32 or
  // float64.
  virtual at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) = 0;
  // One integer in [0, high) from each stream: int64 [N].
  virtual at::Tensor randint(std::int64_t high) = 0;
};

// What --rng names:
//   cpu             torch's CPU generator (mt19937), bit for bit Python's
//   cuda            the stream torch draws on a CUDA device: by torch where the run computes on one, else
//                   emulated as cuda:132x2048 (an H100 or H200)
//   cuda:SMSxTHREADS  emulated for a GPU of so many multiprocessors of so many threads
// An emulated stream is drawn by the device that computes (cuda_stream.h, device_stream.h).
// An empty `rng` is upstream's choice: the generator of the device that computes.
// Usage error: an unknown name.
std::unique_ptr<RandomStreams> open_random_streams(const std::string& rng,
                                                   std::span<const std::int64_t> seeds,
                                                   const at::Device& device);

// What `rng` stands for on `device`, for reports: "cpu", "cuda" (torch's own) or "cuda:SMSxTHREADS"
// (emulated).
std::string rng_name(const std::string& rng, const at::Device& device);

}  // namespace gdd
