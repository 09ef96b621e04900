// torch's generator on the CPU as torch-fidelity's MIND uses it: tests/data/metrics/draws.npz.
#include "random/cpu_numbers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "archive/npz.h"

namespace gdd {
namespace {

// Without AVX2 the normals are computed by other functions.
void expect_normals(const std::vector<float>& found, const std::vector<double>& expected) {
  ASSERT_GE(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 2e-6) << i;
}

TEST(CpuNumbers, AreTorchsOneCallAfterTheOther) {
  const NpzReader draws(GDD_TEST_DATA "/metrics/draws.npz");
  CpuNumbers numbers(2020);
  EXPECT_EQ(numbers.randperm(700), draws.read("permutation_700").as_int64());
  expect_normals(numbers.randn(1000, 48), draws.read("directions_after_permutation").as_float64());
}

TEST(CpuNumbers, BeginAnewWithTheSeed) {
  const NpzReader draws(GDD_TEST_DATA "/metrics/draws.npz");
  expect_normals(CpuNumbers(2020).randn(1000, 48), draws.read("first_directions").as_float64());
  EXPECT_NE(CpuNumbers(2021).randn(1, 48), CpuNumbers(2020).randn(1, 48));
}

}  // namespace
}  // namespace gdd
