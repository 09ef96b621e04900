#include "detectors/narrow_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gdd {
namespace {

at::Tensor random_weights() { return at::randn({8, 32, 3, 3}, at::detail::createCPUGenerator(3)); }

class NarrowWeights : public ::testing::TestWithParam<std::pair<c10::ScalarType, int>> {};

// What is lost of one number, half of its last bit at most, goes to the next: the sum misses the last one's.
TEST_P(NarrowWeights, KeepTheSumOfAnOutput) {
  const auto [type, bits] = GetParam();
  const at::Tensor weights = random_weights(), narrow = narrow_weights(weights, type);
  ASSERT_EQ(narrow.scalar_type(), type);
  ASSERT_EQ(narrow.sizes(), weights.sizes());
  const double lost = 4 * std::exp2(-bits);  // of a number below 8, as all of these are
  const at::Tensor sums = (narrow.to(at::kDouble) - weights.to(at::kDouble)).flatten(1).sum(1);
  EXPECT_LE(sums.abs().max().item<double>(), lost);
  const at::Tensor each = weights.to(type).to(at::kDouble) - weights.to(at::kDouble);
  EXPECT_GT(each.flatten(1).sum(1).abs().max().item<double>(), lost);
}

// Its own rounding, and the one that it takes over.
TEST_P(NarrowWeights, StayNearEachWeight) {
  const auto [type, bits] = GetParam();
  const at::Tensor weights = random_weights();
  const at::Tensor apart = narrow_weights(weights, type).to(at::kDouble) - weights.to(at::kDouble);
  EXPECT_LE(apart.abs().max().item<double>(), 2 * 4 * std::exp2(-bits));
}

INSTANTIATE_TEST_SUITE_P(Types, NarrowWeights,
                         ::testing::Values(std::pair(at::kBFloat16, 8), std::pair(at::kHalf, 11)),
                         [](const auto& row) { return row.param.second == 8 ? "bfloat16" : "float16"; });

TEST(NarrowWeightsOfFloat32, StayAsTheyAre) {
  const at::Tensor weights = random_weights();
  EXPECT_TRUE(narrow_weights(weights, at::kFloat).equal(weights));
}

}  // namespace
}  // namespace gdd
