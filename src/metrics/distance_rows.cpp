#include "metrics/distance_rows.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <string>

#include "gdd/error.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

double to_half(double x) {
  return static_cast<double>(static_cast<float>(Eigen::half(static_cast<float>(x))));
}

// evaluator.py's norm_u - 2 * matmul + norm_v, an operation at a time.
double half_distance(double norm, double other_norm, double product) {
  const double distance = to_half(to_half(norm - to_half(2 * to_half(product))) + other_norm);
  if (!(distance < std::numeric_limits<double>::infinity()))
    throw Error("--distances float16", "a distance is larger than float16 can hold",
                "guided-diffusion takes float32 then: use --distances exact");
  return std::max(distance, 0.0);
}

}  // namespace

DistanceRows::DistanceRows(FeaturesF32 from, FeaturesF32 to, bool half)
    : half_(half), from_(from), to_(to), from_norms_(norms(from)), to_norms_(norms(to)) {}

const std::vector<double>& DistanceRows::compute(std::int64_t first, std::int64_t count) {
  first_ = first;
  distances_.resize(static_cast<std::size_t>(count * to_.rows));
  const std::vector<double> rows = widen(from_, first, count);
  for (std::int64_t begin = 0; begin < to_.rows; begin += kDistanceRows) add_columns(rows, count, begin);
  return distances_;
}

double DistanceRows::exact_of_rank(std::int64_t row, std::int64_t k) const {
  const auto begin = distances_.begin() + row * to_.rows;
  std::vector<double> order(begin, begin + to_.rows);
  std::nth_element(order.begin(), order.begin() + k, order.end());
  const double approximate = order[static_cast<std::size_t>(k)];
  double widest = 0;
  for (std::int64_t j = 0; j < to_.rows; ++j) widest = std::max(widest, rounding(row, j));
  order.clear();
  for (std::int64_t j = 0; j < to_.rows; ++j)
    if (begin[j] <= approximate + 2 * widest) order.push_back(exact(row, j));
  std::nth_element(order.begin(), order.begin() + k, order.end());
  return order[static_cast<std::size_t>(k)];
}

std::vector<double> DistanceRows::widen(FeaturesF32 view, std::int64_t first, std::int64_t count) const {
  const float* begin = view.data + first * view.columns;
  std::vector<double> values(begin, begin + count * view.columns);
  if (half_) std::transform(values.begin(), values.end(), values.begin(), to_half);
  return values;
}

std::vector<double> DistanceRows::norms(FeaturesF32 view) const {
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

void DistanceRows::add_columns(const std::vector<double>& rows, std::int64_t count, std::int64_t begin) {
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

}  // namespace gdd
