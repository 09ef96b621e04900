#include "metrics/sort_numbers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace gdd {
namespace {

void expect_sorted(std::vector<double> numbers) {
  std::vector<double> expected = numbers;
  std::sort(expected.begin(), expected.end());
  sort_numbers(numbers);
  EXPECT_EQ(numbers, expected);
}

std::vector<double> draw(std::size_t count, double mean, double deviation) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = normal(random);
  return numbers;
}

TEST(SortNumbers, OfEverySizeAndSpread) {
  for (const std::size_t count : {0u, 1u, 2u, 100u, 511u, 512u, 5000u}) {
    expect_sorted(draw(count, 0, 1));
    expect_sorted(draw(count, 1e6, 1e-9));  // apart in their last bits
    expect_sorted(draw(count, -3, 1e200));
    expect_sorted(std::vector<double>(count, -7));
  }
}

TEST(SortNumbers, TakesTheLargestAndTheSmallest) {
  std::vector<double> numbers = draw(1000, 0, 1);
  using Limits = std::numeric_limits<double>;
  numbers.insert(numbers.begin() + 500,
                 {Limits::infinity(), -Limits::infinity(), Limits::max(), Limits::lowest(),
                  Limits::denorm_min(), -Limits::denorm_min(), 0.0, -0.0});
  expect_sorted(numbers);
}

}  // namespace
}  // namespace gdd
