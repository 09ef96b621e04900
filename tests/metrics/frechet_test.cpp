// Scores of EDM's fid.py, torch-fidelity and numpy's exact singular values on the arrays of
// tests/data/metrics.
#include "gdd/metrics/frechet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "gdd/error.h"
#include "metrics/golden_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/several_threads.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
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

// Its Cholesky factor ends in a pivot that is rounding, and yet no eigenvalue counts as zero: the reference
// has a root of full rank that is not triangular. numpy has the number.
TEST(FrechetDistance, ACovarianceAtTheEdgeOfSingularIsItsOwnMirror) {
  Statistics edge, other;
  edge.mu = other.mu = {0, 0, 0};
  edge.sigma = {14.968139801753665,  1.2670023477657237, -1.8752699371862047,
                1.2670023477657237,  14.773741187278613, 1.4009185730101772,
                -1.8752699371862047, 1.4009185730101772, 0.4007971032660188};
  other.sigma = {1, 0, 0, 0, 2, 0, 0, 0, 3};
  expect_relative(17.265286410560876, frechet_distance(other, edge).distance, 1e-7);
  expect_relative(frechet_distance(edge, other).distance, frechet_distance(other, edge).distance, 1e-7);
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

// The rounding of the mean's squares is more than the floor of the eigenvalues.
TEST(FrechetDistance, TellsNoRankAboveThatOfItsRows) {
  const Rows reference = load("reference");
  Rows few = load("few");
  for (double& value : few.values) value = 1000 + value;
  few.view.rows = 20;
  const Statistics a = statistics_of(few.view), b = statistics_of(reference.view);
  for (const FrechetResult& result :
       {frechet_distance(few.view, reference.view), frechet_distance(a, b), frechet_distance(b, a)}) {
    EXPECT_EQ(std::min(result.rank1, result.rank2), 19);
    ASSERT_EQ(result.warnings.size(), 1u);
    EXPECT_NE(result.warnings[0].find("N = 20, D = 48, effective rank 19"), std::string::npos)
        << result.warnings[0];
  }
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

// Covariances Q diag(a) Q and Q diag(b) Q with Q = I - 2 v v^T: they commute, and the distance is
// sum (sqrt(a) - sqrt(b))^2 whatever their condition.
struct Pair {
  Statistics first, second;
  double distance = 0;
};

Pair commuting(std::int64_t dim, const std::function<double(std::int64_t)>& a,
               const std::function<double(std::int64_t)>& b) {
  const auto d = static_cast<std::size_t>(dim);
  std::vector<double> v(d);
  for (std::size_t i = 0; i < d; ++i) v[i] = std::sin(static_cast<double>(i) + 1);
  const double norm = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
  for (double& x : v) x /= norm;
  const auto make = [&](const std::function<double(std::int64_t)>& spectrum) {
    // Q diag Q = diag - 2 (diag v) v^T - 2 v (diag v)^T + 4 (v^T diag v) v v^T
    Statistics s{0, std::vector<double>(d, 0.0), std::vector<double>(d * d)};
    double middle = 0;
    for (std::size_t i = 0; i < d; ++i) middle += v[i] * v[i] * spectrum(static_cast<std::int64_t>(i));
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        const double di = spectrum(static_cast<std::int64_t>(i)), dj = spectrum(static_cast<std::int64_t>(j));
        s.sigma[i * d + j] = (i == j ? di : 0.0) - 2 * v[i] * v[j] * (di + dj) + 4 * middle * v[i] * v[j];
      }
    return s;
  };
  Pair pair{make(a), make(b), 0};
  for (std::int64_t i = 0; i < dim; ++i) pair.distance += std::pow(std::sqrt(a(i)) - std::sqrt(b(i)), 2);
  return pair;
}

// Variances over nine orders of magnitude, as Inception's features have: those of the product span eighteen.
TEST(FrechetDistance, OfIllConditionedCovariancesKeepsItsDigits) {
  const auto fall = [](std::int64_t i) { return std::pow(10.0, -9.0 * static_cast<double>(i) / 300); };
  const auto other = [&](std::int64_t i) {
    return fall(i) * (1 + 0.4 * std::sin(3.0 * static_cast<double>(i)));
  };
  const Pair pair = commuting(300, fall, other);
  const FrechetResult result = frechet_distance(pair.first, pair.second);
  EXPECT_EQ(result.route, "eigenvalues");
  expect_relative(pair.distance, result.distance, 1e-9);
  expect_relative(pair.distance, frechet_distance(pair.second, pair.first).distance, 1e-9);
}

TEST(FrechetDistance, OfSingularCovariancesKeepsItsDigits) {
  const auto fall = [](std::int64_t i) {
    return i < 200 ? std::pow(10.0, -6.0 * static_cast<double>(i) / 200) : 0;
  };
  const auto other = [](std::int64_t i) {
    return i < 150 ? std::pow(10.0, -4.0 * static_cast<double>(i) / 200) : 0;
  };
  const Pair pair = commuting(300, fall, other);
  const FrechetResult result = frechet_distance(pair.first, pair.second);
  EXPECT_EQ(result.route, "singular values of roots");
  EXPECT_EQ(result.rank1, 200);
  EXPECT_EQ(result.rank2, 150);
  EXPECT_EQ(result.warnings.size(), 2u);
  expect_relative(pair.distance, result.distance, 1e-9);
}

// One factor serves samples of every kind, in any order.
TEST(FrechetReference, GivesWhatOneComparisonGives) {
  const Statistics sample = statistics_of(load("sample").view), few = statistics_of(load("few").view);
  for (const char* name : {"reference", "few"}) {
    const Statistics statistics = statistics_of(load(name).view);
    const FrechetReference reference(statistics);
    for (const Statistics& first : {sample, few, sample}) {
      const FrechetResult found = reference.distance(first), expected = frechet_distance(first, statistics);
      EXPECT_EQ(found.distance, expected.distance);
      EXPECT_EQ(found.route, expected.route);
      EXPECT_EQ(found.warnings, expected.warnings);
      expect_relative(frechet_distance(statistics, first).distance, found.distance, 1e-6);
    }
  }
}

// The sum of the singular values of rows without a mean.
TEST(FrechetReference, ProjectsRowsForTheRootOfTheProduct) {
  const Rows few = load("few");
  const Statistics sample = statistics_of(few.view);
  Rows centred = few;
  for (std::size_t i = 0; i < centred.values.size(); ++i) centred.values[i] -= sample.mu[i % 48];
  for (const char* name : {"reference", "few"}) {
    const FrechetReference reference(statistics_of(load(name).view));
    std::vector<double> projected = reference.project({centred.values.data(), 40, 48});
    const std::vector<double> values = linear::singular_values(projected, 40, reference.rank());
    expect_relative(reference.distance(sample).trace_root,
                    std::accumulate(values.begin(), values.end(), 0.0) / std::sqrt(39.0), 1e-7);
  }
  const FrechetReference reference(sample);
  EXPECT_EQ(reference.rank(), 39);
  EXPECT_THROW(reference.project({few.values.data(), 40, 47}), Error);
  EXPECT_THROW(reference.distance({10, {0}, {1}}), Error);
}

TEST(FrechetDistance, OfASingularAndADefiniteCovarianceKeepsItsDigits) {
  const auto fall = [](std::int64_t i) { return std::pow(10.0, -9.0 * static_cast<double>(i) / 300); };
  for (const std::int64_t rank : {50, 150}) {
    const auto singular = [&](std::int64_t i) {
      return i < rank ? std::pow(10.0, -6.0 * static_cast<double>(i) / 200) : 0;
    };
    const Pair pair = commuting(300, fall, singular);
    const FrechetResult result = frechet_distance(pair.first, pair.second);
    EXPECT_EQ(result.rank1, 300);
    EXPECT_EQ(result.rank2, rank);
    expect_relative(pair.distance, result.distance, 1e-9);
    expect_relative(pair.distance, frechet_distance(pair.second, pair.first).distance, 1e-9);
  }
}

TEST(FrechetDistance, TakesTheStatisticsThatAreKnown) {
  const Rows few = load("few"), reference = load("reference");
  const Statistics known = statistics_of(reference.view);
  const FrechetResult made = frechet_distance(few.view, reference.view);
  EXPECT_EQ(frechet_distance(few.view, reference.view, &known).distance, made.distance);
  Statistics moved = known;
  moved.mu[0] += 1;
  EXPECT_NE(frechet_distance(few.view, reference.view, &moved).distance, made.distance);
}

// With several threads eigenvalues are computed beside the proof that they may be used.
TEST(FrechetDistance, IsThatOfOneThread) {
  if (!testing_support::SeveralThreads::possible())
    GTEST_SKIP() << "a BLAS that does not tell of its threads";
  const testing_support::SeveralThreads threads;
  const Statistics sample = statistics_of(load("sample").view),
                   reference = statistics_of(load("reference").view);
  Statistics singular = sample;  // and nobody knows of how many rows
  singular.num_samples = 0;
  const std::size_t d = sample.mu.size();
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) singular.sigma[i * d + j] = 1 + (i < 3 && i == j ? 1 : 0);
  for (const Statistics& first : {sample, singular}) {
    const FrechetResult many = frechet_distance(first, reference);
    const linear::OneThread one_thread;
    const FrechetResult one = frechet_distance(first, reference);
    expect_relative(one.distance, many.distance, 1e-13);
    EXPECT_EQ(one.route, many.route);
    EXPECT_EQ(one.rank1, many.rank1);
  }
}

TEST(FrechetDistance, RefusesStatisticsThatAreNone) {
  const Statistics good{10, {0, 0}, {1, 0, 0, 1}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(frechet_distance(good, {10, {0}, {1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0.5, 0, 1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0, 0, -1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 2, 2, 1}}), Error);  // eigenvalues 3 and -1
  EXPECT_THROW(frechet_distance(good, {10, {0, nan}, {1, 0, 0, 1}}), Error);
  EXPECT_THROW(frechet_distance(good, {10, {0, 0}, {1, 0, 0}}), Error);
}

// Wherever it stands, and whatever follows it; several threads look, each at some rows.
TEST(FrechetDistance, RefusesACovarianceThatIsNotFinite) {
  constexpr std::int64_t kDims = 200;
  Statistics good{1000, std::vector<double>(kDims), std::vector<double>(kDims * kDims)};
  for (std::int64_t i = 0; i < kDims; ++i) good.sigma[static_cast<std::size_t>(i * kDims + i)] = 1;
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  for (const std::int64_t at : {0L, 5L, kDims * 77 + 3, kDims * kDims - 1})
    for (const double bad : {nan, infinity, -infinity}) {
      Statistics statistics = good;
      statistics.sigma[static_cast<std::size_t>(at)] = bad;
      const std::string text = error_of([&] { frechet_distance(good, statistics); });
      EXPECT_NE(text.find("expected finite numbers"), std::string::npos) << at << " " << bad << ": " << text;
    }
}

TEST(FrechetDistance, NamesTheFirstEntryThatDiffersFromItsMirror) {
  constexpr std::int64_t kDims = 200;
  Statistics skew{1000, std::vector<double>(kDims), std::vector<double>(kDims * kDims)};
  for (std::int64_t i = 0; i < kDims; ++i) skew.sigma[static_cast<std::size_t>(i * kDims + i)] = 1;
  for (const std::int64_t row : {190, 150, 70}) skew.sigma[static_cast<std::size_t>(row * kDims + 60)] = 0.5;
  for (int run = 0; run < 20; ++run) {
    const std::string text = error_of([&] { frechet_distance(skew, skew); });
    EXPECT_NE(text.find("found [70,60] to differ"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gdd
