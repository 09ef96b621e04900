#include "gdd/metrics/statistics.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

constexpr std::int64_t kRowsAtOnce = 512;  // 8 MB of float64 at 2048 dimensions

// Finite features may be too large for their squares.
void check_finite(const Statistics& statistics) {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(statistics.mu.begin(), statistics.mu.end(), finite) ||
      !std::all_of(statistics.sigma.begin(), statistics.sigma.end(), finite))
    throw Error("statistics", "the mean or the covariance is not finite",
                "the features are too large for float64: check what made them");
}

}  // namespace

StreamingStatistics::StreamingStatistics(std::int64_t dim)
    : dim_(dim), sum_(static_cast<std::size_t>(dim)), outer_(static_cast<std::size_t>(dim * dim)) {}

template <class T>
void StreamingStatistics::add_block(MatrixView<T> block) {
  check_rows(block, dim_, num_samples_);
  for (std::int64_t first = 0; first < block.rows;) {
    const std::int64_t held = dim_ == 0 ? 0 : std::ssize(waiting_) / dim_;
    const std::int64_t count = std::min(kRowsAtOnce - held, block.rows - first);
    waiting_.insert(waiting_.end(), block.data + first * dim_, block.data + (first + count) * dim_);
    if (held + count == kRowsAtOnce) add_waiting(kRowsAtOnce);
    first += count;
  }
  num_samples_ += block.rows;
}

void StreamingStatistics::add_waiting(std::int64_t rows) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t d = 0; d < dim_; ++d)
      sum_[static_cast<std::size_t>(d)] += waiting_[static_cast<std::size_t>(i * dim_ + d)];
  linear::add_squares(rows, dim_, waiting_.data(), outer_.data());
  waiting_.clear();
}

void StreamingStatistics::add(FeaturesF32 block) { add_block(block); }
void StreamingStatistics::add(FeaturesF64 block) { add_block(block); }

Statistics StreamingStatistics::finish() const {
  if (num_samples_ < 2)
    throw Error("statistics", "expected at least 2 samples, found " + std::to_string(num_samples_));
  if (!waiting_.empty()) {
    StreamingStatistics whole = *this;
    whole.add_waiting(std::ssize(waiting_) / dim_);
    return whole.finish();
  }
  const auto n = static_cast<double>(num_samples_);
  Statistics result{num_samples_, sum_, outer_};
  for (double& value : result.mu) value /= n;
  for (std::int64_t i = 0; i < dim_; ++i)
    for (std::int64_t j = i; j < dim_; ++j) {
      double& value = result.sigma[static_cast<std::size_t>(i * dim_ + j)];
      value = (value - result.mu[static_cast<std::size_t>(i)] * result.mu[static_cast<std::size_t>(j)] * n) /
              (n - 1);
    }
  linear::mirror_upper(result.sigma, dim_);
  check_finite(result);
  return result;
}

}  // namespace gdd
