// Rows for tests of what looks at neighbours, and products that are as wrong as they may be.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "gdd/metrics/features.h"

namespace gdd::testing_support {

struct Set {
  std::vector<float> values;
  std::int64_t columns = 0;
  FeaturesF32 view() const { return {values.data(), std::ssize(values) / columns, columns}; }
};

inline Set normal(std::int64_t rows, std::int64_t columns, unsigned seed, double mean = 0,
                  double deviation = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> draw(mean, deviation);
  Set set{std::vector<float>(static_cast<std::size_t>(rows * columns)), columns};
  for (float& value : set.values) value = static_cast<float>(draw(random));
  return set;
}

// Whole numbers: every point and every distance many times.
inline Set rounded(Set set) {
  for (float& value : set.values) value = std::round(value);
  return set;
}

// Two clusters so far apart that no centre takes their means away.
inline Set clusters(Set set) {
  for (std::size_t i = 0; i < set.values.size() / 2; ++i) set.values[i] += 50;
  return set;
}

// Sums in float32 as far from the exact one as the bound allows, in turns up and down.
inline void push_to_the_bound(FeaturesF32 a, FeaturesF32 b, float* out) {
  const auto d = static_cast<double>(a.columns);
  for (std::int64_t i = 0; i < a.rows; ++i)
    for (std::int64_t j = 0; j < b.rows; ++j) {
      double sum = 0, size = 0;
      for (std::int64_t c = 0; c < a.columns; ++c) {
        const double term = static_cast<double>(a.row(i)[static_cast<std::size_t>(c)]) *
                            static_cast<double>(b.row(j)[static_cast<std::size_t>(c)]);
        sum += term;
        size += std::abs(term);
      }
      *out++ = static_cast<float>(sum + ((i * 7 + j * 3) % 2 == 0 ? 1 : -1) * (d - 1) * 0x1p-24 * size);
    }
}

}  // namespace gdd::testing_support
