#include "gdd/metrics/kernel.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/numpy_random.h"
#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/polynomial_kernel.h"

namespace gdd {
namespace {

using linear::Matrix;

Matrix choose_rows(FeaturesF64 features, std::int64_t count, NumpyRandomState& random) {
  const std::vector<std::int64_t> order = random.permutation(features.rows);
  Matrix rows;
  rows.reserve(static_cast<std::size_t>(count * features.columns));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = features.row(order[static_cast<std::size_t>(i)]);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

// Sum of k(x_i, y_j) over all pairs, or over those with i != j.
double kernel_sum(const Matrix& x, const Matrix& y, std::int64_t m, std::int64_t d, bool with_diagonal) {
  Matrix products(static_cast<std::size_t>(m * m));
  linear::multiply(false, true, m, m, d, x.data(), y.data(), 0, products.data());
  double sum = 0;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < m; ++j) {
      if (i == j && !with_diagonal) continue;
      sum += polynomial_kernel(products[static_cast<std::size_t>(i * m + j)], d);
    }
  return sum;
}

void check(FeaturesF64 sample, FeaturesF64 reference, const KernelOptions& options) {
  check_same_dim(sample.columns, reference.columns);
  if (options.subsets < 1)
    throw Error::usage("--kid-subsets", "expected at least 1, found " + std::to_string(options.subsets));
  if (options.subset_size < 2 || options.subset_size > std::min(sample.rows, reference.rows))
    throw Error::usage("--kid-subset-size",
                       "expected 2 to " + std::to_string(std::min(sample.rows, reference.rows)) +
                           " (the smaller set), found " + std::to_string(options.subset_size));
}

}  // namespace

KernelResult kernel_distance(FeaturesF64 sample, FeaturesF64 reference, const KernelOptions& options) {
  check(sample, reference, options);
  NumpyRandomState random(options.seed);
  const std::int64_t m = options.subset_size, d = sample.columns;
  const auto size = static_cast<double>(m);
  std::vector<double> estimates;
  for (std::int64_t i = 0; i < options.subsets; ++i) {
    const Matrix x = choose_rows(sample, m, random), y = choose_rows(reference, m, random);
    const double within = kernel_sum(x, x, m, d, false) + kernel_sum(y, y, m, d, false);
    estimates.push_back(within / (size * (size - 1)) - 2 * kernel_sum(x, y, m, d, true) / (size * size));
    if (options.progress) options.progress(i + 1, options.subsets);
  }
  const auto count = static_cast<double>(options.subsets);
  const double mean = std::accumulate(estimates.begin(), estimates.end(), 0.0) / count;
  double squares = 0;
  for (const double estimate : estimates) squares += (estimate - mean) * (estimate - mean);
  if (!std::isfinite(mean))
    throw Error("features", "expected finite numbers, found NaN or infinity in a subset");
  return {mean, std::sqrt(squares / count)};
}

}  // namespace gdd
