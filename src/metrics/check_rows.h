// Rows of features that a metric may take: of the right dimension, every number finite.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "gdd/error.h"
#include "gdd/metrics/features.h"

namespace gdd {

// `first_row`: how the first row is counted in the error.
template <class T>
void check_rows(MatrixView<T> block, std::int64_t dim, std::int64_t first_row) {
  if (block.columns != dim)
    throw Error("features",
                "expected " + std::to_string(dim) + " columns, found " + std::to_string(block.columns));
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const auto row = block.row(i);
    const auto bad = std::find_if(row.begin(), row.end(), [](T value) { return !std::isfinite(value); });
    if (bad != row.end())
      throw Error(
          "features: row " + std::to_string(first_row + i) + ", column " + std::to_string(bad - row.begin()),
          "expected a finite number, found NaN or infinity");
  }
}

// Error: rows of other dimensions.
inline void check_same_dim(std::int64_t first, std::int64_t second) {
  if (first != second)
    throw Error("features", "expected two sets of one dimension, found " + std::to_string(first) + " and " +
                                std::to_string(second));
}

}  // namespace gdd
