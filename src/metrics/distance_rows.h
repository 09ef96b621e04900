// Squared Euclidean distances from blocks of rows to a whole set, fast but rounded, with the bound of that
// rounding; or in float16, as guided-diffusion's evaluator computes them.
#pragma once

#include <Eigen/Core>

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
inline double exact_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

// |a|^2 + |b|^2 - 2 a.b through one matrix product a block.
class DistanceRows {
 public:
  // `half`: what is between two operations is kept in float16 (evaluator.py, _batch_pairwise_distances), sums
  // and products of matrices are rounded to it at their end. Then a computed distance is what it is:
  // rounding() is 0.
  DistanceRows(FeaturesF32 from, FeaturesF32 to, bool half)
      : half_(half), from_(from), to_(to), from_norms_(norms(from)), to_norms_(norms(to)) {}

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
    if (half_) return 0;
    return 4 * static_cast<double>(from_.columns + 4) * std::numeric_limits<double>::epsilon() *
           (from_norms_[static_cast<std::size_t>(first_ + row)] +
            to_norms_[static_cast<std::size_t>(column)]);
  }
  double exact(std::int64_t row, std::int64_t column) const {
    if (half_) return distances_[static_cast<std::size_t>(row * to_.rows + column)];
    return exact_distance(from_.row(first_ + row), to_.row(column));
  }

 private:
  static double to_half(double x) {
    return static_cast<double>(static_cast<float>(Eigen::half(static_cast<float>(x))));
  }

  std::vector<double> widen(FeaturesF32 view, std::int64_t first, std::int64_t count) const {
    const float* begin = view.data + first * view.columns;
    std::vector<double> values(begin, begin + count * view.columns);
    if (half_) std::transform(values.begin(), values.end(), values.begin(), to_half);
    return values;
  }

  // evaluator.py's norm_u - 2 * matmul + norm_v, an operation at a time.
  static double half_distance(double norm, double other_norm, double product) {
    const double distance = to_half(to_half(norm - to_half(2 * to_half(product))) + other_norm);
    if (!(distance < std::numeric_limits<double>::infinity()))
      throw Error("--distances float16", "a distance is larger than float16 can hold",
                  "guided-diffusion takes float32 then: use --distances exact");
    return std::max(distance, 0.0);
  }

  std::vector<double> norms(FeaturesF32 view) const {
    std::vector<double> result;
    for (std::int64_t i = 0; i < view.rows; ++i) {
      double sum = 0;
      for (const float x : view.row(i)) {
        const double value = half_ ? to_half(x) : static_cast<double>(x);
        sum += half_ ? to_half(value * value) : value * value;
      }
      if (!std::isfinite(sum))
        throw Error("features: row " + std::to_string(i), "expected finite numbers, found NaN or infinity");
      result.push_back(half_ ? to_half(sum) : sum);
    }
    return result;
  }

  void add_columns(const std::vector<double>& rows, std::int64_t count, std::int64_t begin) {
    const std::int64_t width = std::min(kDistanceRows, to_.rows - begin);
    const std::vector<double> columns = widen(to_, begin, width);
    products_.resize(static_cast<std::size_t>(count * width));
    linear::multiply(false, true, count, width, from_.columns, rows.data(), columns.data(), 0,
                     products_.data());
    const double* product = products_.data();
    for (std::int64_t i = 0; i < count; ++i) {
      const double norm = from_norms_[static_cast<std::size_t>(first_ + i)];
      const double* other = to_norms_.data() + begin;
      double* out = distances_.data() + i * to_.rows + begin;
      if (half_)
        for (std::int64_t j = 0; j < width; ++j) out[j] = half_distance(norm, other[j], *product++);
      else
        for (std::int64_t j = 0; j < width; ++j) out[j] = norm + other[j] - 2 * *product++;
    }
  }

  bool half_;
  FeaturesF32 from_, to_;
  std::vector<double> from_norms_, to_norms_, distances_, products_;
  std::int64_t first_ = 0;
};

}  // namespace gdd
