#include "gdd/metrics/statistics.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "gdd/error.h"

namespace gdd {
namespace {

const std::vector<double> kRows = {1, 2, 3, 4, 5, 9, 7, 8, 0, -1, 2, 2};  // [6,2]

TEST(StreamingStatistics, AreMeanAndUnbiasedCovariance) {
  StreamingStatistics sums(2);
  sums.add(FeaturesF64{kRows.data(), 6, 2});
  const Statistics s = sums.finish();
  EXPECT_EQ(s.num_samples, 6);
  EXPECT_DOUBLE_EQ(s.mu[0], 3.0);  // numpy.mean, numpy.cov(ddof=1) of the same rows
  EXPECT_DOUBLE_EQ(s.mu[1], 4.0);
  EXPECT_NEAR(s.sigma[0], 6.8, 1e-14);
  EXPECT_NEAR(s.sigma[1], 9.4, 1e-14);
  EXPECT_NEAR(s.sigma[2], 9.4, 1e-14);
  EXPECT_NEAR(s.sigma[3], 14.8, 1e-14);
}

// Which are summed run by run of dimensions, in the upper triangle alone.
TEST(StreamingStatistics, OfManyDimensionsAreTheSameAboveAndBelowTheDiagonal) {
  constexpr std::int64_t kDim = 900, kCount = 520;  // more rows than are summed at once
  std::mt19937 random(7);
  std::vector<double> rows(kDim * kCount);
  for (double& value : rows) value = std::normal_distribution<>(1, 2)(random);
  StreamingStatistics sums(kDim);
  sums.add(FeaturesF64{rows.data(), kCount, kDim});
  const Statistics s = sums.finish();
  for (std::int64_t i = 0; i < kDim; i += 29)
    for (std::int64_t j = 0; j < kDim; ++j) {
      double sum = 0;
      for (std::int64_t n = 0; n < kCount; ++n)
        sum += (rows[static_cast<std::size_t>(n * kDim + i)] - s.mu[static_cast<std::size_t>(i)]) *
               (rows[static_cast<std::size_t>(n * kDim + j)] - s.mu[static_cast<std::size_t>(j)]);
      const double found = s.sigma[static_cast<std::size_t>(i * kDim + j)];
      ASSERT_NEAR(found, sum / (kCount - 1), 1e-12) << i << " " << j;
      ASSERT_EQ(found, s.sigma[static_cast<std::size_t>(j * kDim + i)]);
    }
}

TEST(StreamingStatistics, NameTheRowAndColumnThatIsNotFinite) {
  const std::vector<float> rows = {1, 2, 3, std::numeric_limits<float>::infinity()};
  StreamingStatistics sums(2);
  try {
    sums.add(FeaturesF32{rows.data(), 2, 2});
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 1, column 1"), std::string::npos) << error.what();
  }
}

TEST(StreamingStatistics, NeedTwoSamplesOfTheirDimension) {
  StreamingStatistics sums(2);
  EXPECT_THROW(sums.add(FeaturesF64{kRows.data(), 4, 3}), Error);
  sums.add(FeaturesF64{kRows.data(), 1, 2});
  EXPECT_THROW(sums.finish(), Error);
}

TEST(StreamingStatistics, RefuseFiniteRowsWhoseSquaresAreNot) {
  const std::vector<double> rows = {1e200, 0, -1e200, 1};
  StreamingStatistics sums(2);
  sums.add(FeaturesF64{rows.data(), 2, 2});
  EXPECT_THROW(sums.finish(), Error);
}

}  // namespace
}  // namespace gdd
