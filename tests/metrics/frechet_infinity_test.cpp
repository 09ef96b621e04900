// Against numpy: RandomState's permutations, scipy.linalg.sqrtm and numpy.polyfit.
#include "gdd/metrics/frechet_infinity.h"

#include <gtest/gtest.h>

#include "gdd/error.h"
#include "metrics/golden_rows.h"

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::load;
using testing_support::Rows;
using testing_support::statistics_of;

struct Case {
  std::vector<float> values;
  FeaturesF32 sample;
  FrechetReference reference;
};

Case sample_and_reference() {
  const Rows rows = load("sample");
  Case both{
      {rows.values.begin(), rows.values.end()}, {}, FrechetReference(statistics_of(load("reference").view))};
  both.sample = {both.values.data(), rows.view.rows, rows.view.columns};
  return both;
}

TEST(FrechetInfinity, EqualsNumpysLineThroughScipysDistances) {
  const Case both = sample_and_reference();
  const InfinityResult found = frechet_infinity(both.sample, both.reference, {15, 100, 7});
  expect_relative(2.3091527705653463, found.distance, 1e-9);
  expect_relative(953.6063343476004, found.slope, 1e-9);
  ASSERT_EQ(found.measured.size(), 15u);
  EXPECT_EQ(found.measured[1].first, 128);
  expect_relative(11.016067257290928, found.measured.front().second, 1e-9);
  EXPECT_EQ(found.measured.back().first, 500);
  expect_relative(4.132279854446466, found.measured.back().second, 1e-9);  // all rows: the distance itself
  EXPECT_TRUE(found.warnings.empty());
}

TEST(FrechetInfinity, ComesOutTheSameForTheSameSeed) {
  const Case both = sample_and_reference();
  const double first = frechet_infinity(both.sample, both.reference, {5, 100, 1}).distance;
  EXPECT_EQ(frechet_infinity(both.sample, both.reference, {5, 100, 1}).distance, first);
  EXPECT_NE(frechet_infinity(both.sample, both.reference, {5, 100, 2}).distance, first);
}

TEST(FrechetInfinity, WarnsOfSubsetsOfNoMoreRowsThanDimensions) {
  const Case both = sample_and_reference();
  EXPECT_TRUE(frechet_infinity(both.sample, both.reference, {2, 49, 0}).warnings.empty());
  const InfinityResult found = frechet_infinity(both.sample, both.reference, {2, 48, 0});
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_NE(found.warnings[0].find("from 48 rows for 48 dimensions"), std::string::npos);
}

TEST(FrechetInfinity, RefusesSubsetsThatAreNone) {
  const Case both = sample_and_reference();
  const FeaturesF32 too_few{both.sample.data, 19, both.sample.columns};
  EXPECT_THROW(frechet_infinity(too_few, both.reference), Error);
  EXPECT_THROW(frechet_infinity(both.sample, both.reference, {15, 500, 0}), Error);
  EXPECT_THROW(frechet_infinity(both.sample, both.reference, {1, 100, 0}), Error);
}

}  // namespace
}  // namespace gdd
