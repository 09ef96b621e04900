// Squared Euclidean distances from blocks of rows to a whole set, fast but rounded, with the bound of that
// rounding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "gdd/metrics/features.h"
#include "metrics/linear_algebra.h"

namespace gdd {

inline constexpr std::int64_t kDistanceRows = 1024;  // rows at once: 400 MB of distances to 50 000 points

// The exact distance, symmetric in its arguments: the same terms in the same order.
template <class T>
double exact_distance(std::span<const T> a, std::span<const T> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

// |a|^2 + |b|^2 - 2 a.b through one matrix product a block.
template <class T>
class DistanceRows {
 public:
  DistanceRows(MatrixView<T> from, MatrixView<T> to)
      : from_(from), to_(to), from_norms_(norms(from)), to_norms_(norms(to)) {}

  // Distances of rows [first, first + count) of `from` to all of `to`: row-major [count, to.rows].
  const std::vector<double>& compute(std::int64_t first, std::int64_t count) {
    first_ = first;
    distances_.resize(static_cast<std::size_t>(count * to_.rows));
    const std::vector<double> rows = widen(from_, first, count);
    for (std::int64_t begin = 0; begin < to_.rows; begin += kDistanceRows) add_columns(rows, count, begin);
    return distances_;
  }

  // How far a computed distance can lie from the exact one: the rounding of three sums of D products.
  double rounding(std::int64_t row, std::int64_t column) const {
    return 4 * static_cast<double>(from_.columns + 4) * std::numeric_limits<double>::epsilon() *
           (from_norms_[static_cast<std::size_t>(first_ + row)] +
            to_norms_[static_cast<std::size_t>(column)]);
  }
  double exact(std::int64_t row, std::int64_t column) const {
    return exact_distance(from_.row(first_ + row), to_.row(column));
  }

 private:
  static std::vector<double> widen(MatrixView<T> view, std::int64_t first, std::int64_t count) {
    const T* begin = view.data + first * view.columns;
    return {begin, begin + count * view.columns};
  }

  static std::vector<double> norms(MatrixView<T> view) {
    std::vector<double> result;
    for (std::int64_t i = 0; i < view.rows; ++i) {
      double sum = 0;
      for (const T x : view.row(i)) sum += static_cast<double>(x) * static_cast<double>(x);
      if (!std::isfinite(sum))
        throw Error("features: row " + std::to_string(i), "expected finite numbers, found NaN or infinity");
      result.push_back(sum);
    }
    return result;
  }

  void add_columns(const std::vector<double>& rows, std::int64_t count, std::int64_t begin) {
    const std::int64_t width = std::min(kDistanceRows, to_.rows - begin);
    const std::vector<double> columns = widen(to_, begin, width);
    products_.resize(static_cast<std::size_t>(count * width));
    linear::multiply(false, true, count, width, from_.columns, rows.data(), columns.data(), 0,
                     products_.data());
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j < width; ++j)
        distances_[static_cast<std::size_t>(i * to_.rows + begin + j)] =
            from_norms_[static_cast<std::size_t>(first_ + i)] +
            to_norms_[static_cast<std::size_t>(begin + j)] -
            2 * products_[static_cast<std::size_t>(i * width + j)];
  }

  MatrixView<T> from_, to_;
  std::vector<double> from_norms_, to_norms_, distances_, products_;
  std::int64_t first_ = 0;
};

}  // namespace gdd
