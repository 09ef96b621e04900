// The numbers of Python's torch.Generator(seed): randn [2,2] float32, randint(10), randn [2] float64, in this
// order.
#include "random/random_streams.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "compute/device.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::unique_ptr<RandomStreams> open(std::vector<std::int64_t> seeds) {
  return open_random_streams("cpu", seeds, at::kCPU);
}

TEST(RandomStreams, DrawPythonsNumbersInPythonsOrder) {
  const auto streams = open({5});
  const at::Tensor latents = streams->randn({2, 2}, at::kFloat);
  const at::Tensor expected =
      at::tensor({-0.486780763f, -0.603821576f, -0.558096230f, 0.667524278f}, at::kFloat).reshape({1, 2, 2});
  EXPECT_TRUE(at::allclose(latents, expected, 0, 1e-6)) << latents;
  EXPECT_EQ(streams->randint(10).item<std::int64_t>(), 8);
  const at::Tensor noise = streams->randn({2}, at::kDouble);
  EXPECT_TRUE(
      at::allclose(noise, at::tensor({1.154551533, -0.347433665}, at::kDouble).reshape({1, 2}), 0, 1e-8))
      << noise;
}

TEST(RandomStreams, OfOneSeedDoNotDependOnTheBatch) {
  const at::Tensor alone = open({7})->randn({3, 4, 4}, at::kFloat);
  const at::Tensor among = open({5, 7, 9})->randn({3, 4, 4}, at::kFloat);
  EXPECT_TRUE(at::equal(alone[0], among[1]));
  EXPECT_FALSE(at::equal(among[0], among[1]));
}

TEST(RandomStreams, CountSeedsModulo2To32) {
  EXPECT_TRUE(at::equal(open({5})->randn({8}, at::kFloat),
                        open({(std::int64_t{1} << 32) + 5})->randn({8}, at::kFloat)));
}

TEST(RandomStreams, RefuseAnUnknownName) { EXPECT_THROW(rng_name("xorshift", at::kCPU), Error); }

TEST(Device, IsSpelledAsTorchSpellsIt) {
  EXPECT_TRUE(resolve_device("cpu").is_cpu());
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cpu:0", ""})
    EXPECT_THROW(resolve_device(name), Error) << name;
}

}  // namespace
}  // namespace gdd
