// KID, Inception Score and manifolds against torch-fidelity's, guided-diffusion's and prdc's own code on the
// arrays of tests/data/metrics.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "gdd/error.h"
#include "gdd/metrics/inception_score.h"
#include "gdd/metrics/kernel.h"
#include "gdd/metrics/manifold.h"
#include "metrics/golden_rows.h"
#include "metrics/several_threads.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::FloatRows;
using testing_support::load;
using testing_support::load_floats;
using testing_support::Rows;

TEST(KernelDistance, EqualsTorchFidelitysInFloat64) {
  const Rows sample = load("sample"), reference = load("reference");
  const KernelResult result = kernel_distance(sample.view, reference.view, {100, 200, 2020, {}});
  expect_relative(0.13587647813757203, result.mean);
  expect_relative(0.11545886027038789, result.std);
}

// One subset that is all rows, whose order does not matter.
TEST(KernelDistance, OfAllRowsIsThatOfOneSubset) {
  const Rows sample = load("sample"), reference = load("reference");
  const auto first = [](const Rows& rows, std::int64_t count) {
    return FeaturesF64{rows.view.data, count, rows.view.columns};
  };
  const double expected = kernel_distance(first(sample, 300), first(reference, 300), {1, 300, 1, {}}).mean;
  // Both are small differences of means of k, which are far above 1, rounded in another order.
  EXPECT_NEAR(kernel_distance_of_all(first(sample, 300), first(reference, 300)), expected, 1e-11);
  EXPECT_THROW(kernel_distance_of_all(sample.view, first(reference, 1)), Error);
}

TEST(KernelDistance, TellsHowFarItIs) {
  const Rows sample = load("sample");
  std::string told;
  KernelOptions options{3, 20, 2020, {}};
  options.progress = [&](std::int64_t done, std::int64_t total) {
    told += std::to_string(done) + "/" + std::to_string(total) + " ";
  };
  kernel_distance(sample.view, sample.view, options);
  EXPECT_EQ(told, "1/3 2/3 3/3 ");
}

TEST(KernelDistance, RefusesSubsetsLargerThanASet) {
  const Rows few = load("few"), reference = load("reference");
  EXPECT_THROW(kernel_distance(few.view, reference.view, {100, 41, 2020, {}}), Error);
}

// Pair by pair, of rows that are not in a block: 40 rows, two a block.
TEST(KernelBlocks, AreMeansOverThePairsThatAreLeft) {
  const Rows sample = load("few"), reference = load("reference");
  const auto kernel = [](std::span<const double> x, std::span<const double> y) {
    double product = 0;
    for (std::size_t i = 0; i < x.size(); ++i) product += x[i] * y[i];
    return std::pow(product / static_cast<double>(x.size()) + 1, 3);
  };
  const auto expected = [&](std::int64_t left_out) {
    double within = 0, across = 0, pairs = 0, rows = 0;
    for (std::int64_t i = 0; i < 40; ++i) {
      if (i / 2 == left_out) continue;
      ++rows;
      for (std::int64_t j = 0; j < 700; ++j) across += kernel(sample.view.row(i), reference.view.row(j));
      for (std::int64_t j = 0; j < 40; ++j) {
        if (j == i || j / 2 == left_out) continue;
        within += kernel(sample.view.row(i), sample.view.row(j));
        ++pairs;
      }
    }
    return within / pairs - 2 * across / (700 * rows);
  };
  const KernelBlocks found = kernel_without_blocks(sample.view, reference.view);
  expect_relative(expected(-1), found.value);
  ASSERT_EQ(found.without.size(), 20u);
  for (std::int64_t block = 0; block < 20; ++block)
    expect_relative(expected(block), found.without[static_cast<std::size_t>(block)]);
}

TEST(KernelBlocks, RefusesNaNAndOtherDimensions) {
  Rows sample = load("sample");
  const Rows reference = load("reference");
  EXPECT_THROW(kernel_without_blocks({sample.values.data(), 500, 40}, reference.view), Error);
  sample.values[100] = std::nan("");
  EXPECT_THROW(kernel_without_blocks({sample.values.data(), 500, 48}, reference.view), Error);
}

// Rows are looked at on several threads, by 512.
TEST(InceptionScore, NamesTheFirstRowThatIsNoDistribution) {
  const testing_support::SeveralThreads threads;
  std::vector<double> rows(4000, 0.5);
  rows[2 * 1500] = rows[2 * 700 + 1] = std::numeric_limits<double>::quiet_NaN();
  const auto score = [&] { inception_score_blocks({rows.data(), 2000, 2}); };
  EXPECT_NE(testing_support::error_of(score).find("row 700, column 1"), std::string::npos);
  rows[2 * 600] = 0.9;
  EXPECT_NE(testing_support::error_of(score).find("row 600: expected numbers that add up to 1"),
            std::string::npos);
}

TEST(InceptionScore, OfConsecutiveBlocksIsGuidedDiffusions) {
  const Rows probabilities = load("probabilities");
  expect_relative(7.228652340014468,
                  inception_score_blocks(probabilities.view, 300).mean);  // the last block has 100
  expect_relative(7.3502013435193545, inception_score_blocks(probabilities.view, 5000).mean);
}

TEST(InceptionScore, OfShuffledSplitsIsTorchFidelitys) {
  const testing_support::SeveralThreads threads;
  const InceptionScore score = inception_score_shuffled(load("probabilities").view);
  EXPECT_EQ(score.splits, 10);
  expect_relative(7.025781255651966, score.mean);
  expect_relative(0.12866079031702735, score.std);
}

TEST(InceptionScore, TakesCertaintyAsItIs) {
  const std::vector<double> certain = {1, 0, 0, 1};
  EXPECT_DOUBLE_EQ(inception_score_blocks({certain.data(), 2, 2}).mean, 2.0);
  const std::vector<double> negative = {1, -0.5, 0, 1};
  EXPECT_THROW(inception_score_blocks({negative.data(), 2, 2}), Error);
  const std::vector<double> logits{1, 2, 3, 4};
  EXPECT_THROW(inception_score_blocks({logits.data(), 2, 2}), Error);
}

TEST(Manifold, PrecisionAndRecallAreExact) {
  const FloatRows sample = load_floats("sample"), reference = load_floats("reference"),
                  duplicates = load_floats("duplicates");
  const ManifoldScores scores = manifold_scores(sample.view, reference.view, {.k = 3});
  EXPECT_DOUBLE_EQ(scores.precision, 0.892);
  EXPECT_DOUBLE_EQ(scores.recall, 0.6185714285714285);
  const ManifoldScores of_duplicates = manifold_scores(duplicates.view, reference.view, {.k = 3});
  EXPECT_DOUBLE_EQ(of_duplicates.precision, 1.0);
  EXPECT_DOUBLE_EQ(of_duplicates.recall, 0.5357142857142857);
}

TEST(Manifold, StrictBoundariesGivePrdcsNumbers) {
  const FloatRows sample = load_floats("sample"), reference = load_floats("reference"),
                  duplicates = load_floats("duplicates");
  const ManifoldScores scores = manifold_scores(sample.view, reference.view, {.k = 5, .strict = true});
  EXPECT_DOUBLE_EQ(scores.precision, 0.954);
  EXPECT_DOUBLE_EQ(scores.recall, 0.7471428571428571);
  EXPECT_DOUBLE_EQ(scores.density, 1.4484);
  EXPECT_DOUBLE_EQ(scores.coverage, 0.9685714285714285);
  const ManifoldScores of_duplicates =
      manifold_scores(duplicates.view, reference.view, {.k = 5, .strict = true});
  EXPECT_DOUBLE_EQ(of_duplicates.recall, 0.7185714285714285);
  EXPECT_DOUBLE_EQ(of_duplicates.density, 0.936);
  EXPECT_DOUBLE_EQ(of_duplicates.coverage, 0.5785714285714286);
}

// The numbers of guided-diffusion's evaluator.py under TensorFlow on a CPU. Of the duplicates it has a recall
// of 376/700; here one tie falls the other way.
TEST(Manifold, Float16GivesTheEvaluatorsNumbers) {
  const FloatRows reference = load_floats("reference"), sample = load_floats("sample"),
                  duplicates = load_floats("duplicates");
  ManifoldOptions options;
  options.float16 = true;
  const ManifoldScores scores = manifold_scores(sample.view, reference.view, options);
  EXPECT_DOUBLE_EQ(scores.precision, 0.896);
  EXPECT_DOUBLE_EQ(scores.recall, 0.6228571428571429);
  const ManifoldScores of_duplicates = manifold_scores(duplicates.view, reference.view, options);
  EXPECT_DOUBLE_EQ(of_duplicates.precision, 1.0);
  EXPECT_NEAR(of_duplicates.recall, 0.5371428571428571, 1.01 / 700);
}

TEST(Manifold, Float16SaysWhenADistanceOverflows) {
  const std::vector<float> rows{0, 0, 300, 300, 200, 0, 0, 200};
  ManifoldOptions options;
  options.k = 1;
  options.float16 = true;
  EXPECT_THROW(manifold_scores(FeaturesF32{rows.data(), 4, 2}, FeaturesF32{rows.data(), 4, 2}, options),
               Error);
}

TEST(Manifold, RefusesMoreNeighboursThanThereAre) {
  const FloatRows few = load_floats("few"), reference = load_floats("reference");
  EXPECT_THROW(manifold_scores(few.view, reference.view, {.k = 40}), Error);
  EXPECT_THROW(manifold_scores(few.view, reference.view, {.k = 0}), Error);
}

}  // namespace
}  // namespace gdd
