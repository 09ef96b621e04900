// Squared Euclidean distances from blocks of rows to a whole set in float64 products, with the bound of their
// rounding; or in float16, as guided-diffusion's evaluator computes them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "gdd/metrics/features.h"
#include "metrics/exact_distance.h"

namespace gdd {

inline constexpr std::int64_t kDistanceRows = 1024;  // rows at once: 400 MB of distances to 50 000 points

// |a|^2 + |b|^2 - 2 a.b through one matrix product a block.
class DistanceRows {
 public:
  // `half`: what is between two operations is kept in float16 (evaluator.py, _batch_pairwise_distances), sums
  // and products of matrices are rounded to it at their end. Then a computed distance is what it is:
  // rounding() is 0. Errors: NaN or infinity; a distance that float16 cannot hold.
  DistanceRows(FeaturesF32 from, FeaturesF32 to, bool half);

  // Distances of rows [first, first + count) of `from` to all of `to`: row-major [count, to.rows].
  const std::vector<double>& compute(std::int64_t first, std::int64_t count);

  // What follows is of the rows computed last, and of `row` among them.
  double distance(std::int64_t row, std::int64_t column) const {
    return distances_[static_cast<std::size_t>(row * to_.rows + column)];
  }
  // How far a computed distance can lie from the exact one: the rounding of three sums of D products.
  double rounding(std::int64_t row, std::int64_t column) const {
    if (half_) return 0;
    return 4 * static_cast<double>(from_.columns + 4) * std::numeric_limits<double>::epsilon() *
           (from_norms_[static_cast<std::size_t>(first_ + row)] +
            to_norms_[static_cast<std::size_t>(column)]);
  }
  double exact(std::int64_t row, std::int64_t column) const {
    return half_ ? distance(row, column) : exact_distance(from_.row(first_ + row), to_.row(column));
  }
  // The exact distance of rank k, the nearest having rank 0.
  double exact_of_rank(std::int64_t row, std::int64_t k) const;

 private:
  std::vector<double> widen(FeaturesF32 view, std::int64_t first, std::int64_t count) const;
  std::vector<double> norms(FeaturesF32 view) const;
  void add_columns(const std::vector<double>& rows, std::int64_t count, std::int64_t begin);

  bool half_;
  FeaturesF32 from_, to_;
  std::vector<double> from_norms_, to_norms_, distances_, products_;
  std::int64_t first_ = 0;
};

}  // namespace gdd
