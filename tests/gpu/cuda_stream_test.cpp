// The emulated CUDA stream against the device itself. Prints the largest difference, which depends on the
// GPU's fast sine and logarithm.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <numeric>
#include <optional>

#include "compute/device.h"
#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

std::optional<c10::Device> find_gpu() {
  try {
    return resolve_device("cuda");
  } catch (const Error&) {
    return std::nullopt;
  }
}

TEST(CudaStreamOnAGpu, OfAThousandSeedsIsWhatTheEmulationGives) {
  const std::optional<c10::Device> gpu = find_gpu();
  if (!gpu) GTEST_SKIP() << "no usable CUDA device here";
  std::vector<std::int64_t> seeds(1000);
  std::iota(seeds.begin(), seeds.end(), std::int64_t{0});
  const auto drawn = open_random_streams("cuda", seeds, *gpu);
  const auto emulated = open_random_streams("cuda:132x2048", seeds, at::kCPU);

  const at::Tensor latents = drawn->randn({3, 32, 32}, at::kFloat).cpu().to(at::kDouble);
  const at::Tensor expected = emulated->randn({3, 32, 32}, at::kFloat).to(at::kDouble);
  const at::Tensor difference = (latents - expected).abs();
  std::printf("latents of 1000 seeds: largest difference %.3g, %.4f %% equal\n",
              difference.max().item<double>(),
              100 * latents.eq(expected).to(at::kDouble).mean().item<double>());
  EXPECT_LE((difference / expected.abs().clamp_min(1)).max().item<double>(), 4e-6);
  EXPECT_TRUE(drawn->randint(1000).cpu().equal(emulated->randint(1000)));
  const at::Tensor noise =
      (drawn->randn({3, 32, 32}, at::kDouble).cpu() - emulated->randn({3, 32, 32}, at::kDouble)).abs();
  EXPECT_LE(noise.max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace gdd
