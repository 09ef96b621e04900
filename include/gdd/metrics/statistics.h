// Mean and covariance of features, accumulated in float64 in one pass; memory is O(D^2), whatever N.
#pragma once

#include <cstdint>
#include <vector>

#include "gdd/metrics/features.h"

namespace gdd {

// Mean [D] and unbiased covariance [D,D] (ddof 1), row-major float64: what EDM's fid.py stores as mu and
// sigma.
struct Statistics {
  std::int64_t num_samples = 0;  // 0 when a stored file does not say
  std::vector<double> mu;
  std::vector<double> sigma;
  std::int64_t dim() const { return static_cast<std::int64_t>(mu.size()); }
  bool operator==(const Statistics&) const = default;
};

// Running sums as EDM's fid.py keeps them: sum x and sum x x^T in float64.
// The same rows give the same bits, whatever the blocks they come in.
class StreamingStatistics {
 public:
  StreamingStatistics() = default;
  explicit StreamingStatistics(std::int64_t dim);

  // Errors: another D; NaN or infinity (row and column named).
  void add(FeaturesF32 block);
  void add(FeaturesF64 block);

  std::int64_t num_samples() const { return num_samples_; }
  std::int64_t dim() const { return dim_; }
  // mu = sum/n, sigma = (sum xx^T - n mu mu^T) / (n - 1). Errors: fewer than two samples; values too large
  // for a finite covariance.
  Statistics finish() const;

 private:
  template <class T>
  void add_block(MatrixView<T> block);
  void add_waiting(std::int64_t rows);

  std::int64_t dim_ = 0;
  std::int64_t num_samples_ = 0;
  std::vector<double> waiting_;  // rows that do not fill a block yet, at most 512
  std::vector<double> sum_;      // [D]
  std::vector<double> outer_;    // [D,D], its upper triangle
};

}  // namespace gdd
