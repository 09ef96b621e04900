// Scores of EDM's fid.py, torch-fidelity and numpy's exact singular values on the arrays of
// tests/data/metrics.
#include "gdd/metrics/frechet.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gdd/error.h"
#include "metrics/golden_rows.h"

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::load;
using testing_support::Rows;
using testing_support::statistics_of;

TEST(FrechetDistance, EqualsEdmsFidFromStatistics) {
  const Rows reference = load("reference"), sample = load("sample");
  const FrechetResult result = frechet_distance(statistics_of(sample.view), statistics_of(reference.view));
  expect_relative(4.132279854446286, result.distance, 1e-9);
  EXPECT_EQ(result.route, "eigenvalues");
  EXPECT_TRUE(result.warnings.empty());
}

TEST(FrechetDistance, IsExactBySingularValuesWhenRowsAreFewerThanColumns) {
  const Rows reference = load("reference"), few = load("few");
  const FrechetResult result = frechet_distance(few.view, reference.view);
  expect_relative(30.87818764678184, result.distance, 1e-9);
  EXPECT_EQ(result.route, "singular values");
  EXPECT_EQ(result.rank1, 39);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_NE(result.warnings[0].find("N = 40, D = 48, effective rank 39"), std::string::npos)
      << result.warnings[0];
}

TEST(FrechetDistance, FromRankDeficientStatisticsIsGoodToAboutAMillionth) {
  const Rows reference = load("reference"), few = load("few");
  const Statistics a = statistics_of(few.view), b = statistics_of(reference.view);
  expect_relative(30.87818764678184, frechet_distance(a, b).distance, 1e-6);
  expect_relative(30.87818764678184, frechet_distance(b, a).distance, 1e-6);
  const double self = frechet_distance(a, a).distance;
  EXPECT_NEAR(self, 0,
              1e-4);  // the root of eigenvalues that are rounding is of the order of 1e-8 of the trace each
  EXPECT_FALSE(std::isnan(self));
}

TEST(FrechetDistance, OfASetFromItselfIsZero) {
  const Rows reference = load("reference");
  const Statistics s = statistics_of(reference.view);
  EXPECT_NEAR(frechet_distance(s, s).distance, 0, 1e-9);
}

TEST(FrechetDistance, OfOneDimensionIsTheTextbookFormula) {
  const Statistics a{10, {1.0}, {4.0}}, b{10, {3.0}, {9.0}};
  EXPECT_DOUBLE_EQ(frechet_distance(a, b).distance, 4.0 + 1.0);  // (mu1-mu2)^2 + (s1-s2)^2
}

// Several blocks of the product, and a last one that is not whole. For covariances that commute the root is
// known: here both are of the form a I + b 1 1^T, with eigenvalues a (D - 1 times) and a + b D.
TEST(FrechetDistance, OfManyDimensionsIsTheKnownRoot) {
  constexpr std::int64_t kDim = 600;
  const auto of_ones = [](double a, double b) {
    Statistics s{kDim + 1, std::vector<double>(kDim, 0.0), std::vector<double>(kDim * kDim, b)};
    for (std::size_t i = 0; i < kDim; ++i) s.sigma[i * kDim + i] += a;
    return s;
  };
  const double expected = (kDim - 1) * std::pow(std::sqrt(3.0) - std::sqrt(2.0), 2) +
                          std::pow(std::sqrt(3.0 + 0.5 * kDim) - std::sqrt(2.0 + 0.25 * kDim), 2);
  expect_relative(expected, frechet_distance(of_ones(3, 0.5), of_ones(2, 0.25)).distance, 1e-9);
}

TEST(FrechetDistance, RefusesStatisticsThatAreNone) {
  const Statistics good{10, {0, 0}, {1, 0, 0, 1}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(frechet_distance(good, {10, {0}, {1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0.5, 0, 1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0, 0, -1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, nan}, {1, 0, 0, 1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0, 0}}), Error);
}

}  // namespace
}  // namespace gdd
