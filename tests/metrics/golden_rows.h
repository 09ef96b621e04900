// The arrays of tests/data/metrics: reference [700,48], sample [500,48], few [40,48], duplicates [250,48],
// probabilities [1000,100]; and in draws.npz random numbers of torch's.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "gdd/metrics/features.h"
#include "gdd/metrics/statistics.h"

namespace gdd::testing_support {

struct Rows {
  std::vector<double> values;
  FeaturesF64 view;
};

// An array of one dimension is a column.
inline Rows load(const std::string& name, const std::string& file = "metrics.npz") {
  const NpyArray array = NpzReader(GDD_TEST_DATA "/metrics/" + file).read(name);
  Rows rows{array.as_float64(), {}};
  rows.view = {rows.values.data(), array.shape()[0], array.shape().size() > 1 ? array.shape()[1] : 1};
  return rows;
}

struct FloatRows {
  explicit FloatRows(const Rows& rows)
      : values(rows.values.begin(), rows.values.end()),
        view{values.data(), rows.view.rows, rows.view.columns} {}
  std::vector<float> values;
  FeaturesF32 view;
};

inline FloatRows load_floats(const std::string& name, const std::string& file = "metrics.npz") {
  return FloatRows(load(name, file));
}

inline Statistics statistics_of(FeaturesF64 features) {
  StreamingStatistics sums(features.columns);
  sums.add(features);
  return sums.finish();
}

inline void expect_relative(double expected, double found, double tolerance = 1e-9) {
  EXPECT_NEAR(found, expected, tolerance * std::abs(expected));
}

}  // namespace gdd::testing_support
