// Products on a device, with the CPU as the device, against those of BLAS.
#include "scoring/device_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <vector>

#include "gdd/metrics/authpct.h"
#include "gdd/metrics/clipped.h"

namespace gdd {
namespace {

std::vector<float> rows(std::int64_t count, std::int64_t dim, std::uint32_t seed, float mean) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(mean, 1);
  std::vector<float> values(static_cast<std::size_t>(count * dim));
  for (float& value : values) value = normal(engine);
  return values;
}

TEST(DeviceProducts, AreInnerProductsOfRows) {
  const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{1, 0, 0, 1, 1, 1, 2, -1};
  std::vector<float> out(12);
  DeviceProducts products(at::kCPU);
  products({a.data(), 3, 2}, {b.data(), 4, 2}, out.data());
  EXPECT_EQ(out, (std::vector<float>{1, 2, 3, 0, 3, 4, 7, 2, 5, 6, 11, 4}));
  products({a.data() + 2, 1, 2}, {b.data(), 1, 2}, out.data());  // another block of the same rows
  EXPECT_EQ(out[0], 3);
}

// The mean is large in one of the two cases, so that rows are moved before they are multiplied.
class ManifoldsOnADevice : public testing::TestWithParam<float> {};

TEST_P(ManifoldsOnADevice, GiveTheSameScores) {
  constexpr std::int64_t kDim = 16, kSamples = 1300, kReferences = 900;
  std::vector<float> a = rows(kSamples, kDim, 1, GetParam()), b = rows(kReferences, kDim, 2, GetParam());
  std::copy_n(b.begin(), 40 * kDim, a.begin());  // equal points, and ties
  std::copy_n(b.begin(), 5 * kDim, b.begin() + 100 * kDim);
  const FeaturesF32 sample{a.data(), kSamples, kDim}, reference{b.data(), kReferences, kDim};
  ManifoldOptions options;
  options.threads = 3;
  const ManifoldScores expected = manifold_scores(sample, reference, options);

  DeviceProducts products(at::kCPU);
  std::atomic<int> calls = 0;
  options.products = [&](FeaturesF32 x, FeaturesF32 y, float* out) {
    ++calls;
    products(x, y, out);
  };
  const ManifoldScores found = manifold_scores(sample, reference, options);
  EXPECT_GT(calls, 6);
  EXPECT_EQ(found.precision, expected.precision);
  EXPECT_EQ(found.recall, expected.recall);
  EXPECT_EQ(found.density, expected.density);
  EXPECT_EQ(found.coverage, expected.coverage);
}

// Of few rows, whose nearest are then copied and multiplied anew, and of many.
TEST_P(ManifoldsOnADevice, GiveTheSameClippedScoresAndAuthpct) {
  constexpr std::int64_t kDim = 16, kReferences = 1300;
  const std::vector<float> b = rows(kReferences, kDim, 2, GetParam());
  const FeaturesF32 reference{b.data(), kReferences, kDim};
  for (const std::int64_t count : {90, 2000}) {
    const std::vector<float> a = rows(count, kDim, 1, GetParam());
    const FeaturesF32 sample{a.data(), count, kDim};
    DeviceProducts products(at::kCPU), more(at::kCPU);
    EXPECT_EQ(authpct(sample, reference, {.threads = 3, .products = std::ref(products)}),
              authpct(sample, reference));
    const ClippedScores expected = clipped_scores(sample, reference),
                        found = clipped_scores(sample, reference, {.threads = 3, .products = std::ref(more)});
    EXPECT_EQ(found.relative_density, expected.relative_density);
    EXPECT_EQ(found.coverage, expected.coverage);
  }
}

INSTANTIATE_TEST_SUITE_P(Means, ManifoldsOnADevice, testing::Values(0.0F, 50.0F));

}  // namespace
}  // namespace gdd
