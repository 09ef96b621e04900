#include "gdd/metrics/nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

struct Set {
  Set(std::int64_t rows, std::int64_t columns, std::uint32_t seed, float mean = 0) : columns_(columns) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal(mean, 1);
    values.resize(static_cast<std::size_t>(rows * columns));
    for (float& value : values) value = normal(engine);
  }
  FeaturesF32 view() const { return {values.data(), std::ssize(values) / columns_, columns_}; }
  float* row(std::int64_t i) { return values.data() + i * columns_; }

  std::int64_t columns_;
  std::vector<float> values;
};

double distance(FeaturesF32 a, std::int64_t i, FeaturesF32 b, std::int64_t j) {
  double sum = 0;
  for (std::size_t d = 0; d < a.row(i).size(); ++d) {
    const double difference = static_cast<double>(a.row(i)[d]) - static_cast<double>(b.row(j)[d]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

// One by one.
Nearest nearest_by_hand(FeaturesF32 rows, std::int64_t i, FeaturesF32 among, bool others) {
  Nearest found{-1, std::numeric_limits<double>::infinity()};
  for (std::int64_t j = 0; j < among.rows; ++j)
    if (const double d = distance(rows, i, among, j); !(others && i == j) && d < found.distance)
      found = {j, d};
  return found;
}

void expect_nearest(FeaturesF32 rows, FeaturesF32 among, bool others) {
  const std::vector<Nearest> found = others ? nearest_others(rows) : nearest_rows(rows, among);
  ASSERT_EQ(std::ssize(found), rows.rows);
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    const Nearest expected = nearest_by_hand(rows, i, among, others);
    EXPECT_EQ(found[static_cast<std::size_t>(i)].row, expected.row) << i;
    EXPECT_NEAR(found[static_cast<std::size_t>(i)].distance, expected.distance,
                1e-12 * (1 + expected.distance));
  }
}

// 1100 rows are more than one block; a mean of 1000 makes products large beside distances.
TEST(Nearest, IsThatOfEveryDistanceOnItsOwn) {
  for (const float mean : {0.0f, 1000.0f}) {
    const Set sample(1100, 5, 1, mean), reference(300, 5, 2, mean);
    expect_nearest(sample.view(), reference.view(), false);
    expect_nearest(reference.view(), sample.view(), false);
    expect_nearest(reference.view(), reference.view(), true);
  }
}

TEST(Nearest, OfEqualsIsTheFirst) {
  Set set(10, 3, 1);
  for (const std::int64_t copy : {4, 7}) std::copy_n(set.row(2), 3, set.row(copy));
  const std::vector<Nearest> others = nearest_others(set.view());
  EXPECT_EQ(others[2].row, 4);
  EXPECT_EQ(others[7].row, 2);
  EXPECT_EQ(others[7].distance, 0);
  EXPECT_EQ(nearest_rows(set.view(), set.view())[7].row, 2);
}

TEST(Nearest, RefusesWhatCannotBeCompared) {
  const Set set(3, 2, 1), other(3, 3, 1), one(1, 2, 1);
  EXPECT_NE(error_of([&] { nearest_rows(set.view(), other.view()); }).find("one dimension"),
            std::string::npos);
  EXPECT_NE(error_of([&] { nearest_others(one.view()); }).find("at least 2 rows"), std::string::npos);
  EXPECT_NE(error_of([&] { distance_in_radii(set.view(), set.view(), 3); }).find("at least 4 rows"),
            std::string::npos);
  Set bad = set;
  bad.values[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(error_of([&] { nearest_rows(bad.view(), set.view()); }).find("NaN"), std::string::npos);
}

// Against the definition: all radii, their median, all distances.
TEST(DistanceInRadii, IsThatOfTheDefinition) {
  const Set sample(120, 4, 1), reference(90, 4, 2);
  constexpr std::int64_t k = 3;
  std::vector<double> radii;
  for (std::int64_t j = 0; j < 90; ++j) {
    std::vector<double> distances;
    for (std::int64_t i = 0; i < 90; ++i)
      if (i != j) distances.push_back(distance(reference.view(), j, reference.view(), i));
    std::ranges::sort(distances);
    radii.push_back(distances[k - 1]);
  }
  std::vector<double> sorted = radii;
  std::ranges::sort(sorted);
  const std::vector<double> found = distance_in_radii(sample.view(), reference.view(), k);
  for (std::int64_t i = 0; i < 120; ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < 90; ++j)
      if (radii[static_cast<std::size_t>(j)] <= sorted[44])
        least = std::min(
            least, distance(sample.view(), i, reference.view(), j) / radii[static_cast<std::size_t>(j)]);
    EXPECT_NEAR(found[static_cast<std::size_t>(i)], least, 1e-12) << i;
  }
}

TEST(DistanceInRadii, IsNothingOfACopyAndMuchFarAway) {
  Set sample(50, 4, 1, 100);
  const Set reference(60, 4, 2, 100);
  const std::vector<double> before = distance_in_radii(reference.view(), reference.view());
  const auto kept = std::ranges::find(before, 0.0) - before.begin();  // one whose radius is not left out
  std::copy_n(reference.view().row(kept).data(), 4, sample.row(9));
  for (int d = 0; d < 4; ++d) sample.row(20)[d] += 50;
  const std::vector<double> radii = distance_in_radii(sample.view(), reference.view());
  EXPECT_EQ(radii[9], 0);
  EXPECT_EQ(std::ranges::max_element(radii) - radii.begin(), 20);
}

TEST(DistanceInRadii, LeavesCopiesAmongTheReferencesOut) {
  Set reference(12, 2, 3);
  for (std::int64_t i = 1; i < 5; ++i) std::copy_n(reference.row(0), 2, reference.row(i));
  for (const double each : distance_in_radii(reference.view(), reference.view()))
    EXPECT_TRUE(std::isfinite(each));
  for (std::int64_t i = 1; i < 12; ++i) std::copy_n(reference.row(0), 2, reference.row(i));
  EXPECT_NE(
      error_of([&] { distance_in_radii(reference.view(), reference.view()); }).find("copies of each other"),
      std::string::npos);
}

}  // namespace
}  // namespace gdd
