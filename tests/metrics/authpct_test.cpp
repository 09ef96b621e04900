// AuthPct against dgm-eval's (74c79f7) in float64 on the arrays of tests/data/metrics, and against every
// distance computed on its own.
#include "gdd/metrics/authpct.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "gdd/error.h"
#include "metrics/exact_distance.h"
#include "metrics/golden_rows.h"
#include "metrics/random_rows.h"

namespace gdd {
namespace {

using testing_support::clusters;
using testing_support::load_floats;
using testing_support::normal;
using testing_support::push_to_the_bound;
using testing_support::rounded;
using testing_support::Set;

double percentage(const char* generated, const char* train) {
  return authpct(load_floats(generated).view, load_floats(train).view);
}

TEST(Authpct, EqualsDgmEvals) {
  EXPECT_NEAR(percentage("sample", "reference"), 65.2, 1e-9);
  EXPECT_NEAR(percentage("few", "reference"), 65.0, 1e-9);
  EXPECT_NEAR(percentage("reference", "sample"), 79.28571428571428, 1e-9);
}

TEST(Authpct, OfCopiesIsNothing) {
  EXPECT_EQ(percentage("duplicates", "reference"), 0);
  EXPECT_EQ(percentage("reference", "reference"), 0);
}

// The nearest of `set` to a row, but for one of its own.
std::int64_t nearest_to(std::span<const float> row, FeaturesF32 set, std::int64_t without, double& distance) {
  std::int64_t nearest = -1;
  distance = std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < set.rows; ++j) {
    if (const double d = exact_distance(row, set.row(j)); j != without && d < distance) {
      nearest = j;
      distance = d;
    }
  }
  return nearest;
}

void expect_exact(const Set& generated, const Set& train, const AuthpctOptions& options = {}) {
  double authentic = 0, to_train = 0, within = 0;
  for (std::int64_t i = 0; i < generated.view().rows; ++i) {
    const std::int64_t nearest = nearest_to(generated.view().row(i), train.view(), -1, to_train);
    nearest_to(train.view().row(nearest), train.view(), nearest, within);
    authentic += within < to_train;
  }
  EXPECT_DOUBLE_EQ(authpct(generated.view(), train.view(), options),
                   100 * authentic / static_cast<double>(generated.view().rows));
}

// Of many generated rows all training rows are held against all, of few only those that are nearest.
TEST(Authpct, CountsOfOrdinaryRows) {
  expect_exact(normal(800, 4, 1), normal(300, 4, 2), {.threads = 1});
  expect_exact(normal(100, 24, 3), normal(700, 24, 4), {.threads = 3});
  expect_exact(normal(1, 24, 5), normal(2, 24, 6));
}

TEST(Authpct, CountsOfRowsThatFloat32CannotTellApart) {
  for (const std::int64_t rows : {60, 500}) {
    expect_exact(rounded(normal(rows, 3, 7)), rounded(normal(400, 3, 8)));
    expect_exact(normal(rows, 16, 9, 1000, 0.01), normal(300, 16, 10, 1000, 0.01));
    expect_exact(clusters(normal(rows, 16, 11, 0, 1e-4)), clusters(normal(300, 16, 12, 0, 1e-4)));
    expect_exact(normal(rows, 8, 13, 0, 1e25), normal(160, 8, 14, 0, 1e25));
    expect_exact(normal(rows, 8, 15, 0, 1e-25), normal(160, 8, 16, 0, 1e-25));
    expect_exact(Set{std::vector<float>(8), 8},
                 Set{std::vector<float>(8 * static_cast<std::size_t>(rows), 1), 8});
  }
}

TEST(Authpct, HoweverProductsAreRoundedWithinTheirBound) {
  expect_exact(normal(90, 64, 19, 1, 1), normal(350, 64, 20, 1, 1), {.products = push_to_the_bound});
  expect_exact(normal(900, 64, 19, 1, 1), normal(350, 64, 20, 1, 1), {.products = push_to_the_bound});
}

// A device may fail: neighbours are then found without it.
TEST(Authpct, ProductsThatAreNoNumbersChangeNothing) {
  expect_exact(normal(60, 4, 25), normal(70, 4, 26),
               {.products = [](FeaturesF32 a, FeaturesF32 b, float* out) {
                 std::fill(out, out + a.rows * b.rows, std::nanf(""));
               }});
}

TEST(Authpct, TellsHowFarItIs) {
  for (const std::int64_t rows : {50, 900}) {
    std::int64_t last = 0;
    AuthpctOptions options{.threads = 2};
    options.progress = [&](std::int64_t done, std::int64_t total) {
      EXPECT_EQ(total, rows + 400);
      EXPECT_GE(done, last);
      last = done;
    };
    authpct(normal(rows, 4, 21).view(), normal(400, 4, 22).view(), options);
    EXPECT_EQ(last, rows + 400);
  }
}

TEST(Authpct, RefusesWhatItCannotScore) {
  Set generated = normal(20, 4, 23);
  const Set train = normal(30, 4, 24);
  EXPECT_THROW(authpct(generated.view(), normal(1, 4, 24).view()), Error);
  EXPECT_THROW(authpct(Set{{}, 4}.view(), train.view()), Error);
  EXPECT_THROW(authpct(generated.view(), normal(30, 5, 24).view()), Error);
  generated.values[6] = std::nanf("");
  EXPECT_THROW(authpct(generated.view(), train.view()), Error);
  EXPECT_THROW(authpct(train.view(), generated.view()), Error);
}

}  // namespace
}  // namespace gdd
