#include "gdd/metrics/statistics.h"

#include <gtest/gtest.h>

#include <limits>
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
