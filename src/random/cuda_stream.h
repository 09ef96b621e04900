// The numbers that torch.Generator('cuda').manual_seed(seed) draws, computed on a CPU: the published GDD
// images belong to this stream. Emulated from the formulas of the headers that torch and CUDA ship
// (curand_normal.h, DistributionTemplates.h, PhiloxRNGEngine.h), not measured on a GPU.
//
// Seed 0 begins -0.92466 -0.42534 -2.64385 0.14518 -0.12087 -0.57973 -0.62285 -0.32839; on a GPU:
//
//   g = torch.Generator('cuda').manual_seed(0)
//   print(torch.randn([3, 32, 32], generator=g, device='cuda').flatten()[:8])
//
// float32 normals take sine and logarithm in float64, where a GPU uses fast approximations (absolute error
// 2^-21.4), so a GPU's last bits may differ. float64 normals agree to 1e-12, whole numbers are equal.
#pragma once

#include <cstdint>
#include <span>

#include "random/philox.h"

namespace gdd {

// Threads that a kernel of torch's may start at once on one GPU: SMs * (threads per SM / 256) * 256. Up to
// that many numbers a call, streams are the same on all GPUs; published networks stay below it.
struct CudaModel {
  std::int64_t multiprocessors = 132, threads_each = 2048;  // H100, H200
  std::int64_t threads() const { return multiprocessors * (threads_each / 256) * 256; }
};

// How torch cuts a call for `numel` (at least 1) numbers of which each draw of a thread gives `unroll`
// (DistributionTemplates.h, distribution_elementwise_grid_stride_kernel): thread t is subsequence t, and its
// k-th draw gives the elements t + threads * (unroll * k + component).
struct CudaLaunch {
  std::int64_t threads, draws;
};
CudaLaunch cuda_launch(std::int64_t numel, std::int64_t unroll, const CudaModel& model);

// Error: `high` is not in [1, 2^28).
void check_randint(std::int64_t high);

class CudaStream {
 public:
  CudaStream(std::uint64_t seed, const CudaModel& model) : seed_(seed), model_(model) {}

  // Standard normal numbers, as one call of torch.randn makes them. Each call moves the stream.
  void randn(std::span<float> numbers);
  void randn(std::span<double> numbers);
  // One number in [0, high), as torch.randint of one element. `high` in [1, 2^28): beyond it torch draws
  // another way.
  std::int64_t randint(std::int64_t high);

 private:
  template <class Number, int kUnroll, class Normal>
  void fill(std::span<Number> numbers, Normal normal);

  std::uint64_t seed_;
  CudaModel model_;
  std::uint64_t counter_ = 0;  // torch's philox offset / 4
};

}  // namespace gdd
