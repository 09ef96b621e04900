// Clipped Density and Coverage against the numbers of the paper's own code
// (nicolassalvy/ClippedDensityCoverage 9920dae) on the arrays of tests/data/metrics, and against every
// distance computed on its own.
#include "gdd/metrics/clipped.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include "gdd/error.h"
#include "metrics/exact_distance.h"
#include "metrics/golden_rows.h"
#include "metrics/random_rows.h"

namespace gdd {
namespace {

using testing_support::clusters;
using testing_support::load;
using testing_support::load_floats;
using testing_support::normal;
using testing_support::push_to_the_bound;
using testing_support::rounded;
using testing_support::Rows;
using testing_support::Set;

ClippedScores scores_of(const char* sample, const char* reference, std::int64_t k = 5) {
  return clipped_scores(load_floats(sample).view, load_floats(reference).view, {.k = k});
}

TEST(Clipped, EqualsThePapersCode) {
  const ClippedScores small = scores_of("sample", "reference");
  EXPECT_EQ(small.density, 1);
  EXPECT_NEAR(small.relative_density, 1.308575197889182, 1e-9);
  EXPECT_EQ(small.coverage, 1);
  EXPECT_NEAR(small.covered_share, 0.7702857142857142, 1e-9);
  const ClippedScores few = scores_of("few", "reference");
  EXPECT_NEAR(few.relative_density, 1.29287598944591, 1e-9);
  EXPECT_NEAR(few.covered_share, 0.08457142857142858, 1e-9);
  EXPECT_EQ(few.coverage, 1);
  const ClippedScores large = scores_of("reference", "sample");
  EXPECT_NEAR(large.density, 0.6699241352706699, 1e-9);
  EXPECT_NEAR(large.coverage, 0.6604850213980028, 1e-9);
  EXPECT_NEAR(large.covered_share, 0.7248, 1e-9);
}

TEST(Clipped, EqualsThePapersCodeAtEveryK) {
  const struct {
    std::int64_t k;
    double density, coverage, covered_share;
  } expected[] = {{1, 0.5560307955517536, 0.6419400855920114, 0.474},
                  {3, 0.6526291298278268, 0.6262482168330956, 0.6426666666666667},
                  {10, 0.6914285714285715, 0.6476462196861626, 0.7836000000000002}};
  for (const auto& each : expected) {
    const ClippedScores found = scores_of("reference", "sample", each.k);
    EXPECT_NEAR(found.density, each.density, 1e-9) << each.k;
    EXPECT_NEAR(found.coverage, each.coverage, 1e-9) << each.k;
    EXPECT_NEAR(found.covered_share, each.covered_share, 1e-9) << each.k;
  }
}

// Where distances tie, the paper's code answers by its rounding (1.1858, 0.7349 and 1.3166 in place of
// these): a float64 brute force does not.
TEST(Clipped, TiesAreTies) {
  const ClippedScores copies = scores_of("duplicates", "reference");
  EXPECT_NEAR(copies.relative_density, 1.196833773087071, 1e-9);
  EXPECT_NEAR(copies.coverage, 0.8884462151394422, 1e-9);
  const ClippedScores of_copies = scores_of("reference", "duplicates");
  EXPECT_NEAR(of_copies.density, 0.4906962785114047, 1e-9);
  EXPECT_NEAR(of_copies.coverage, 0.3437945791726106, 1e-9);
  const ClippedScores itself = scores_of("reference", "reference");
  EXPECT_NEAR(itself.relative_density, 1.3436675461741425, 1e-9);
  EXPECT_EQ(itself.covered_share, 1);
}

// Its logarithms of factorials cost the paper's code 1.3e-12.
TEST(Clipped, ExpectsThePapersCoverage) {
  const Rows table = load("expected_coverage", "draws.npz");  // one row of 501: N 700, K 5
  for (std::int64_t m = 0; m <= 500; ++m)
    EXPECT_NEAR(expected_coverage(m, 700, 5), table.values[static_cast<std::size_t>(m)], 2e-12) << m;
}

// Sums of fractions of whole numbers.
TEST(Clipped, ExpectsCoverageToTheLastDigits) {
  EXPECT_EQ(expected_coverage(4, 700, 5), 0);
  EXPECT_NEAR(expected_coverage(5, 700, 5), 0.007142857142857143, 1e-15);
  EXPECT_NEAR(expected_coverage(440, 700, 5), 0.5642033577852275, 1e-14);
  EXPECT_NEAR(expected_coverage(30, 12, 11), 0.9999813936674676, 1e-14);
  EXPECT_NEAR(expected_coverage(3, 40, 1), 0.07142857142857142, 1e-15);
}

// By definition. Of the reference alone a row does not count for itself.
double mean_clipped(const Set& rows, const Set& reference, const std::vector<double>& radii, std::int64_t k) {
  double sum = 0;
  for (std::int64_t i = 0; i < rows.view().rows; ++i) {
    std::int64_t balls = 0;
    for (std::int64_t j = 0; j < reference.view().rows; ++j)
      balls +=
          (&rows != &reference || i != j) &&
          exact_distance(rows.view().row(i), reference.view().row(j)) <= radii[static_cast<std::size_t>(j)];
    sum += static_cast<double>(std::min(balls, k));
  }
  return sum / static_cast<double>(k * rows.view().rows);
}

std::vector<double> sorted_distances(std::span<const float> row, const Set& set) {
  std::vector<double> distances;
  for (std::int64_t j = 0; j < set.view().rows; ++j)
    distances.push_back(exact_distance(row, set.view().row(j)));
  std::sort(distances.begin(), distances.end());
  return distances;
}

void expect_exact(const Set& sample, const Set& reference, const ClippedOptions& options) {
  std::vector<double> radii, lengths;
  double covered = 0;
  const auto k = static_cast<std::size_t>(options.k);
  for (std::int64_t j = 0; j < reference.view().rows; ++j) {
    const auto row = reference.view().row(j);
    radii.push_back(sorted_distances(row, reference)[k]);
    lengths.push_back(std::sqrt(radii.back()));
    const std::vector<double> nearest = sorted_distances(row, sample);
    covered += static_cast<double>(std::count_if(nearest.begin(), nearest.begin() + options.k,
                                                 [&](double d) { return d < radii.back(); }));
  }
  std::sort(lengths.begin(), lengths.end());
  const double median = (lengths[(lengths.size() - 1) / 2] + lengths[lengths.size() / 2]) / 2;
  std::vector<double> clipped;
  for (const double radius : radii) clipped.push_back(std::sqrt(radius) <= median ? radius : median * median);
  const ClippedScores found = clipped_scores(sample.view(), reference.view(), options);
  EXPECT_DOUBLE_EQ(found.relative_density, mean_clipped(sample, reference, clipped, options.k) /
                                               mean_clipped(reference, reference, clipped, options.k));
  EXPECT_DOUBLE_EQ(found.covered_share,
                   covered / static_cast<double>(options.k) / static_cast<double>(radii.size()));
}

TEST(Clipped, CountsOfOrdinaryRows) {
  const Set sample = normal(600, 24, 1), reference = normal(701, 24, 2, 0.1, 1.1);
  expect_exact(sample, reference, {.k = 5, .threads = 1});
  expect_exact(sample, reference, {.k = 3, .threads = 3});
  expect_exact(reference, sample, {.k = 60});
  expect_exact(normal(300, 5, 3), normal(350, 5, 4), {.k = 280});  // by whole rows of distances
  expect_exact(normal(2, 3, 5), normal(2, 3, 6), {.k = 1});
}

TEST(Clipped, CountsOfRowsThatFloat32CannotTellApart) {
  expect_exact(rounded(normal(400, 3, 7)), rounded(normal(500, 3, 8)), {.k = 5});
  expect_exact(normal(300, 16, 9, 1000, 0.01), normal(300, 16, 10, 1000, 0.01), {.k = 5});
  expect_exact(clusters(normal(200, 16, 11, 0, 1e-4)), clusters(normal(300, 16, 12, 0, 1e-4)), {.k = 5});
  expect_exact(normal(150, 8, 13, 0, 1e25), normal(160, 8, 14, 0, 1e25), {.k = 3});
  expect_exact(normal(150, 8, 15, 0, 1e-25), normal(160, 8, 16, 0, 1e-25), {.k = 3});
  expect_exact(Set{std::vector<float>(320), 8}, Set{std::vector<float>(400), 8}, {.k = 3});  // all the same
}

// On a line: nearest others at 1, 1, 4 and 4, whose median is 2.5, so that two rows lie in a ball.
TEST(Clipped, CutsAtTheMeanOfTheTwoMiddleDistances) {
  const Set reference{{0, 1, 100, 104}, 1};
  const auto score = [&](float x) {
    return clipped_scores(Set{{x, 50}, 1}.view(), reference.view(), {.k = 1});
  };
  EXPECT_EQ(score(97.6F).relative_density, 1);
  EXPECT_EQ(score(97.4F).relative_density, 0);
  EXPECT_EQ(score(97.4F).covered_share, 0.25);
  EXPECT_EQ(score(90).coverage, 0);
}

// Neighbours at a square root that has no float64: they are on the boundary of what it cuts.
TEST(Clipped, CutsNothingWhereAllDistancesAreOne) {
  const Set reference{{0, 0, 0, 1, 1, 1, 100, 0, 0, 101, 1, 1}, 3};
  EXPECT_EQ(clipped_scores(reference.view(), reference.view(), {.k = 1}).relative_density, 1);
}

TEST(Clipped, HoweverProductsAreRoundedWithinTheirBound) {
  const Set sample = normal(300, 64, 19, 1, 1), reference = normal(350, 64, 20, 1, 1);
  expect_exact(sample, reference, {.k = 5, .products = push_to_the_bound});
}

TEST(Clipped, ProductsThatAreNoNumbersReadNoForeignRow) {
  const Set sample = normal(60, 4, 25), reference = normal(70, 4, 26);
  const ClippedOptions options{.k = 3, .products = [](FeaturesF32 a, FeaturesF32 b, float* out) {
                                 std::fill(out, out + a.rows * b.rows, std::nanf(""));
                               }};
  EXPECT_EQ(clipped_scores(sample.view(), reference.view(), options).density, 0);
}

TEST(Clipped, TellsHowFarItIsAndEndsWhenAsked) {
  const Set sample = normal(300, 4, 21), reference = normal(400, 4, 22);
  std::int64_t last = 0;
  ClippedOptions options{.threads = 2};
  options.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 700);
    EXPECT_GE(done, last);
    last = done;
  };
  clipped_scores(sample.view(), reference.view(), options);
  EXPECT_EQ(last, 700);
  options.progress = [](std::int64_t, std::int64_t) { throw std::runtime_error("asked to stop"); };
  EXPECT_THROW(clipped_scores(sample.view(), reference.view(), options), std::runtime_error);
}

TEST(Clipped, RefusesWhatItCannotScore) {
  Set sample = normal(20, 4, 23);
  const Set reference = normal(30, 4, 24);
  EXPECT_THROW(clipped_scores(sample.view(), reference.view(), {.k = 20}), Error);
  EXPECT_THROW(clipped_scores(reference.view(), sample.view(), {.k = 20}), Error);
  EXPECT_THROW(clipped_scores(sample.view(), reference.view(), {.k = 0}), Error);
  EXPECT_THROW(clipped_scores(sample.view(), normal(30, 5, 24).view()), Error);
  sample.values[6] = std::nanf("");
  EXPECT_THROW(clipped_scores(sample.view(), reference.view()), Error);
  EXPECT_THROW(clipped_scores(reference.view(), sample.view()), Error);
}

}  // namespace
}  // namespace gdd
