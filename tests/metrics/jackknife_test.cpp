// Against numpy and scipy: each block's rows deleted, the distance by scipy.linalg.sqrtm, the textbook's
// formula.
#include "gdd/metrics/jackknife.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "gdd/error.h"
#include "gdd/metrics/frechet.h"
#include "metrics/golden_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/several_threads.h"

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::load;
using testing_support::Rows;
using testing_support::statistics_of;

BlockStatistics blocks_of(FeaturesF64 rows) {
  BlockStatistics blocks(rows.columns, rows.rows);
  blocks.add(rows);
  return blocks;
}

TEST(BlockStatistics, WithoutABlockAreThoseOfTheOtherRows) {
  const Rows sample = load("sample");  // 500 rows: blocks of 25
  std::vector<double> others(sample.values.begin(), sample.values.begin() + 75L * 48);
  others.insert(others.end(), sample.values.begin() + 100L * 48, sample.values.end());
  const Statistics expected = statistics_of({others.data(), 475, 48});
  const Statistics found = blocks_of(sample.view).without(3);
  EXPECT_EQ(found.num_samples, 475);
  for (std::size_t i = 0; i < expected.mu.size(); ++i) EXPECT_NEAR(found.mu[i], expected.mu[i], 1e-12);
  for (std::size_t i = 0; i < expected.sigma.size(); ++i)
    EXPECT_NEAR(found.sigma[i], expected.sigma[i], 1e-12);
}

TEST(BlockStatistics, AreTheSameHoweverTheRowsArrive) {
  const Rows sample = load("sample");
  const Statistics at_once = blocks_of(sample.view).without(7);
  BlockStatistics pieces(48, 500);
  for (std::int64_t first = 0; first < 500; first += 64)
    pieces.add(FeaturesF64{sample.view.data + first * 48, std::min<std::int64_t>(64, 500 - first), 48});
  const Statistics found = pieces.without(7);
  for (std::size_t i = 0; i < at_once.sigma.size(); ++i) EXPECT_NEAR(found.sigma[i], at_once.sigma[i], 1e-12);
}

TEST(BlockStatistics, RefuseAnotherNumberOfRowsThanAnnounced) {
  const Rows sample = load("sample");
  EXPECT_THROW(BlockStatistics(48, kJackknifeMinRows - 1), Error);
  BlockStatistics short_by_one(48, 501);
  short_by_one.add(sample.view);
  EXPECT_THROW(short_by_one.without(0), Error);
  BlockStatistics full(48, 499);
  EXPECT_THROW(full.add(sample.view), Error);
}

TEST(FrechetConfidence, EqualsTheJackknifeOfScipysDistances) {
  const Rows sample = load("sample");
  const FrechetReference reference(statistics_of(load("reference").view));
  const double distance = reference.distance(statistics_of(sample.view)).distance;
  const Confidence found = frechet_confidence(distance, blocks_of(sample.view), reference);
  expect_relative(0.1973686106807751, found.std_error);
  expect_relative(3.71918260470637, found.low);
  expect_relative(4.545377104186391, found.high);
}

TEST(FrechetConfidence, TakesBlocksThatDifferByARow) {
  const Rows sample = load("sample");
  const FeaturesF64 rows{sample.view.data, 487, 48};
  const Confidence found =
      frechet_confidence(0, blocks_of(rows), FrechetReference(statistics_of(load("reference").view)));
  expect_relative(0.20013662496389523, found.std_error);
}

TEST(BlockStatistics, OfNoMoreRowsThanDimensionsAreTheSame) {
  Rows few = load("few");  // 40 rows of 48 values: blocks of 2
  const BlockStatistics blocks = blocks_of(few.view);
  EXPECT_EQ(blocks.rows().rows, 40);
  const Statistics found = blocks.without(19), expected = statistics_of({few.view.data, 38, 48});
  EXPECT_EQ(found.mu, expected.mu);
  EXPECT_EQ(found.sigma, expected.sigma);
  few.values[48 * 39 + 5] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(blocks_of(few.view), Error);
  BlockStatistics short_by_one(48, 41);
  short_by_one.add(load("few").view);
  EXPECT_THROW(short_by_one.rows(), Error);
}

// Of no more rows than dimensions: numpy's exact singular values of each block's absence.
TEST(FrechetConfidence, OfSingularCovariancesEqualsTheJackknifeOfNumpysDistances) {
  const BlockStatistics few = blocks_of(load("few").view);
  const Rows reference = load("reference");
  const auto std_error = [&](std::int64_t reference_rows) {
    const FeaturesF64 rows{reference.view.data, reference_rows, 48};
    return frechet_confidence(0, few, FrechetReference(statistics_of(rows))).std_error;
  };
  expect_relative(1.790302549606651, std_error(700));
  expect_relative(3.4935333419869083, std_error(30));
}

// Of few rows each distance takes a thread of its own.
TEST(FrechetConfidence, OfFewRowsIsThatOfOneThread) {
  if (!testing_support::SeveralThreads::possible())
    GTEST_SKIP() << "a BLAS that does not tell of its threads";
  const testing_support::SeveralThreads threads;
  const BlockStatistics few = blocks_of(load("few").view);
  const FrechetReference reference(statistics_of(load("reference").view));
  std::int64_t told = 0, total = 0;
  const std::vector<double> many =
      frechet_without_blocks(few, reference, [&](std::int64_t done, std::int64_t all) {
        EXPECT_GE(done, told);
        told = done;
        total = all;
      });
  EXPECT_EQ(told, kJackknifeBlocks);
  EXPECT_EQ(total, kJackknifeBlocks);
  const linear::OneThread one_thread;
  const std::vector<double> one = frechet_without_blocks(few, reference, {});
  for (std::size_t i = 0; i < one.size(); ++i) expect_relative(one[i], many[i], 1e-12);
}

TEST(FrechetConfidence, OfAReferenceWithoutSpreadIsThatOfTheSample) {
  const Rows few = load("few");
  const FrechetReference point({10, std::vector<double>(48), std::vector<double>(std::size_t{48} * 48)});
  double mean = 0, squares = 0;
  for (std::int64_t block = 0; block < kJackknifeBlocks; ++block) {
    const double value = point.distance(blocks_of(few.view).without(block)).distance;
    mean += value / kJackknifeBlocks;
    squares += value * value / kJackknifeBlocks;
  }
  const Confidence found = frechet_confidence(0, blocks_of(few.view), point);
  expect_relative(std::sqrt(19 * (squares - mean * mean)), found.std_error, 1e-6);
}

// 300 samples of 400 rows: the distances themselves scatter as each of their jackknives says, and about 95 %
// of the intervals hold the mean distance.
TEST(FrechetConfidence, IsTheScatterOfDistancesOfNewSamples) {
  constexpr int kSamples = 300;
  constexpr std::int64_t kRows = 400, kDim = 3;
  const FrechetReference reference({10'000, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}});
  std::mt19937_64 engine(5);
  std::normal_distribution<double> normal(0.5, 1.5);
  std::vector<double> distances;
  std::vector<Confidence> confidences;
  double mean = 0, mean_variance = 0, variance = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    std::vector<double> values(static_cast<std::size_t>(kRows * kDim));
    for (double& value : values) value = normal(engine);
    const FeaturesF64 rows{values.data(), kRows, kDim};
    distances.push_back(reference.distance(statistics_of(rows)).distance);
    confidences.push_back(frechet_confidence(distances.back(), blocks_of(rows), reference));
    mean += distances.back() / kSamples;
    mean_variance += confidences.back().std_error * confidences.back().std_error / kSamples;
  }
  int covered = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    variance += (distances[i] - mean) * (distances[i] - mean) / (kSamples - 1);
    covered += confidences[i].low <= mean && mean <= confidences[i].high;
  }
  EXPECT_NEAR(mean_variance / variance, 1, 0.25);
  EXPECT_NEAR(static_cast<double>(covered) / kSamples, 0.95, 0.04);
}

}  // namespace
}  // namespace gdd
