// Counts from float32 products must be those of float64 distances, whatever the rows look like and however
// the products were rounded. Judged against every distance computed on its own.
#include "gdd/metrics/manifold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "metrics/exact_distance.h"
#include "metrics/random_rows.h"

namespace gdd {
namespace {

using testing_support::clusters;
using testing_support::normal;
using testing_support::push_to_the_bound;
using testing_support::rounded;
using testing_support::Set;

std::vector<double> radii(const Set& set, std::int64_t k) {
  std::vector<double> result, row;
  for (std::int64_t i = 0; i < set.view().rows; ++i) {
    row.clear();
    for (std::int64_t j = 0; j < set.view().rows; ++j)
      row.push_back(exact_distance(set.view().row(i), set.view().row(j)));
    std::sort(row.begin(), row.end());
    result.push_back(row[static_cast<std::size_t>(k)]);
  }
  return result;
}

ManifoldScores by_definition(const Set& sample, const Set& reference, std::int64_t k, bool strict) {
  const std::vector<double> of_sample = radii(sample, k), of_reference = radii(reference, k);
  const auto inside = [&](double d, double radius) { return strict ? d < radius : d <= radius; };
  std::vector<char> precise(of_sample.size()), recalled(of_reference.size()), covered(of_reference.size());
  double balls = 0;
  for (std::size_t i = 0; i < of_sample.size(); ++i)
    for (std::size_t j = 0; j < of_reference.size(); ++j) {
      const double d = exact_distance(sample.view().row(static_cast<std::int64_t>(i)),
                                      reference.view().row(static_cast<std::int64_t>(j)));
      if (inside(d, of_reference[j])) balls += precise[i] = covered[j] = 1;
      if (inside(d, of_sample[i])) recalled[j] = 1;
    }
  const auto share = [](const std::vector<char>& flags) {
    return static_cast<double>(std::count(flags.begin(), flags.end(), 1)) / static_cast<double>(flags.size());
  };
  return {share(precise), share(recalled),
          balls / static_cast<double>(k) / static_cast<double>(precise.size()), share(covered)};
}

void expect_exact(const Set& sample, const Set& reference, ManifoldOptions options) {
  for (const bool strict : {false, true}) {
    options.strict = strict;
    const ManifoldScores expected = by_definition(sample, reference, options.k, strict);
    const ManifoldScores found = manifold_scores(sample.view(), reference.view(), options);
    EXPECT_DOUBLE_EQ(found.precision, expected.precision) << "strict " << strict;
    EXPECT_DOUBLE_EQ(found.recall, expected.recall) << "strict " << strict;
    EXPECT_DOUBLE_EQ(found.density, expected.density) << "strict " << strict;
    EXPECT_DOUBLE_EQ(found.coverage, expected.coverage) << "strict " << strict;
  }
}

TEST(Manifold, CountsOfOrdinaryRows) {
  const Set sample = normal(700, 24, 1), reference = normal(900, 24, 2, 0.1, 1.1);
  expect_exact(sample, reference, {.k = 3, .threads = 1});
  expect_exact(sample, reference, {.k = 5, .threads = 3});
}

TEST(Manifold, CountsOfManyNeighbours) {
  const Set sample = normal(200, 5, 3), reference = normal(300, 5, 4);
  expect_exact(sample, reference, {.k = 199});
  expect_exact(sample, reference, {.k = 60});
  expect_exact(normal(400, 5, 3), normal(450, 5, 4), {.k = 300});  // by whole rows of distances
  expect_exact(normal(2, 3, 5), normal(2, 3, 6), {.k = 1});
}

// Every point and every distance many times: all that is left to decide are ties.
TEST(Manifold, TiesAreTies) {
  const Set sample = rounded(normal(400, 3, 7)), reference = rounded(normal(500, 3, 8));
  expect_exact(sample, reference, {.k = 3});
  expect_exact(sample, reference, {.k = 40});
}

// A mean that float32 products would drown the distances in: most rows are closer than its rounding.
TEST(Manifold, AMeanLargeBesideTheDeviations) {
  expect_exact(normal(400, 16, 9, 1000, 0.01), normal(300, 16, 10, 1000, 0.01), {.k = 3});
}

// Two such means far apart, so that no centre takes them away.
TEST(Manifold, ClustersThatFloat32CannotLookInto) {
  expect_exact(clusters(normal(400, 16, 11, 0, 1e-4)), clusters(normal(400, 16, 12, 0, 1e-4)), {.k = 3});
}

TEST(Manifold, RowsTooLargeOrSmallForProductsInFloat32) {
  expect_exact(normal(150, 8, 13, 0, 1e25), normal(160, 8, 14, 0, 1e25), {.k = 3});
  expect_exact(normal(150, 8, 15, 0, 1e-25), normal(160, 8, 16, 0, 1e-25), {.k = 3});
  Set outlier = normal(150, 8, 17);
  outlier.values[0] = 3e38F;
  expect_exact(outlier, normal(160, 8, 18), {.k = 3});
  expect_exact(Set{std::vector<float>(80), 8}, Set{std::vector<float>(96), 8}, {.k = 3});
}

TEST(Manifold, HoweverProductsAreRoundedWithinTheirBound) {
  const Set sample = normal(300, 64, 19, 1, 1), reference = normal(350, 64, 20, 1, 1);
  expect_exact(sample, reference, {.k = 3, .products = push_to_the_bound});
  // What no rounding excuses does change the counts, so the products above were indeed those in use.
  const ManifoldOptions wrong{.k = 3, .products = [](FeaturesF32 a, FeaturesF32 b, float* out) {
                                std::fill(out, out + a.rows * b.rows, 1e6F);
                              }};
  EXPECT_NE(manifold_scores(sample.view(), reference.view(), wrong).precision,
            by_definition(sample, reference, 3, false).precision);
}

// A device may fail: neighbours are then found without it, and no pair counts.
TEST(Manifold, ProductsThatAreNoNumbersReadNoForeignRow) {
  const Set sample = normal(60, 4, 25), reference = normal(70, 4, 26);
  const ManifoldOptions options{.k = 3, .products = [](FeaturesF32 a, FeaturesF32 b, float* out) {
                                  std::fill(out, out + a.rows * b.rows, std::nanf(""));
                                }};
  EXPECT_EQ(manifold_scores(sample.view(), reference.view(), options).precision, 0);
}

TEST(Manifold, TellsHowFarItIsAndEndsWhenAsked) {
  const Set sample = normal(300, 4, 21), reference = normal(400, 4, 22);
  std::int64_t last = 0;
  ManifoldOptions options{.k = 3, .threads = 2};
  options.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 2 * 300 + 400);
    EXPECT_GE(done, last);
    last = done;
  };
  manifold_scores(sample.view(), reference.view(), options);
  EXPECT_EQ(last, 1000);
  options.progress = [](std::int64_t, std::int64_t) { throw std::runtime_error("asked to stop"); };
  EXPECT_THROW(manifold_scores(sample.view(), reference.view(), options), std::runtime_error);
}

TEST(Manifold, RefusesWhatIsNoNumber) {
  Set sample = normal(20, 4, 23);
  const Set reference = normal(20, 4, 24);
  sample.values[6] = std::nanf("");
  EXPECT_THROW(manifold_scores(sample.view(), reference.view()), Error);
  EXPECT_THROW(manifold_scores(reference.view(), sample.view()), Error);
}

}  // namespace
}  // namespace gdd
