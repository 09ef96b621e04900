// MIND against torch-fidelity's (0.5 dev, 5e211a9) on the arrays of tests/data/metrics, with the random
// numbers that torch drew there.
#include "gdd/metrics/mind.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "gdd/error.h"
#include "metrics/golden_rows.h"
#include "metrics/random_rows.h"

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::FloatRows;
using testing_support::load;
using testing_support::load_floats;
using testing_support::normal;
using testing_support::Set;

// The first `count` of the permutation of 700.
std::vector<std::int64_t> chosen_of_700(std::size_t count) {
  const std::vector<std::int64_t> all =
      NpzReader(GDD_TEST_DATA "/metrics/draws.npz").read("permutation_700").as_int64();
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

class Mind : public ::testing::Test {
 protected:
  double distance(const char* sample, const char* reference, std::size_t chosen, int threads = 0) const {
    return mind_distance(load_floats(sample).view, load_floats(reference).view,
                         {directions_.view, chosen_of_700(chosen)}, {{}, threads});
  }
  const FloatRows directions_ = load_floats("directions_after_permutation", "draws.npz");
};

TEST_F(Mind, EqualsTorchFidelitysInFloat64) {
  expect_relative(5.800535448531999, distance("sample", "reference", 500));
  expect_relative(5.800535448531999, distance("reference", "sample", 500));
  expect_relative(37.13590623677357, distance("few", "reference", 40));
  expect_relative(56.14128280906308, distance("duplicates", "reference", 250));
}

TEST_F(Mind, HoldsSixDigitsOfFloat32) {
  expect_relative(5.800535559654236, distance("sample", "reference", 500), 1e-6);
  expect_relative(37.13590908050537, distance("few", "reference", 40), 1e-6);
  expect_relative(56.141286849975586, distance("duplicates", "reference", 250), 1e-6);
}

TEST_F(Mind, IsTheSameWhateverTheThreads) {
  const double one = distance("sample", "reference", 500, 1);
  EXPECT_EQ(distance("sample", "reference", 500, 3), one);
}

// Moved by v, every direction sees u.v: 3 D / M sum (u.v)^2.
TEST_F(Mind, OfRowsThatWereMovedIsHowFar) {
  const Set rows = normal(900, 3, 1);
  Set moved = rows;
  for (std::size_t i = 0; i < moved.values.size(); i += 3) moved.values[i] += 2;
  const std::vector<float> directions = {2, 0, 0, 0, 5, 0, 3, 0, 4};  // u.v = 2, 0, 2 * 0.6
  const MindDraw draw{{directions.data(), 3, 3}};
  EXPECT_NEAR(mind_distance(rows.view(), moved.view(), draw), 3 * (4 + 1.44), 1e-6);
  EXPECT_EQ(mind_distance(rows.view(), rows.view(), draw), 0);
}

TEST_F(Mind, TellsHowFarItIs) {
  const Set rows = normal(40, 48, 1);
  std::vector<std::int64_t> told;
  MindOptions options;
  options.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 1000);
    told.push_back(done);
  };
  mind_distance(rows.view(), rows.view(), {directions_.view}, options);
  EXPECT_EQ(told.back(), 1000);
  EXPECT_TRUE(std::ranges::is_sorted(told));
}

TEST_F(Mind, RefusesWhatItCannotScore) {
  Set rows = normal(20, 48, 1);
  const Set more = normal(30, 48, 2);
  std::vector<std::int64_t> chosen(20);
  std::iota(chosen.begin(), chosen.end(), 11);  // up to 30, which is not there
  EXPECT_THROW(mind_distance(rows.view(), more.view(), {directions_.view, chosen}), Error);
  EXPECT_THROW(mind_distance(more.view(), rows.view(), {directions_.view}), Error);
  EXPECT_THROW(mind_distance(rows.view(), rows.view(), {directions_.view, chosen}), Error);
  EXPECT_THROW(mind_distance(rows.view(), rows.view(), {}), Error);
  EXPECT_THROW(mind_distance(rows.view(), normal(20, 47, 1).view(), {directions_.view}), Error);
  rows.values[5] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(mind_distance(rows.view(), normal(20, 48, 2).view(), {directions_.view}), Error);
}

}  // namespace
}  // namespace gdd
