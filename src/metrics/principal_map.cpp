#include "gdd/metrics/principal_map.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "gdd/error.h"
#include "gdd/metrics/statistics.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

// Row `axis` from the end of the eigenvectors, which stand in the order of their eigenvalues.
std::vector<double> axis_of(const linear::Matrix& vectors, std::int64_t dim, std::int64_t axis) {
  const auto begin = vectors.begin() + (dim - 1 - axis) * dim;
  std::vector<double> direction(begin, begin + dim);
  const double largest = *std::ranges::max_element(direction, {}, [](double x) { return std::abs(x); });
  if (largest < 0)
    for (double& x : direction) x = -x;
  return direction;
}

std::vector<std::array<double, 2>> project(FeaturesF32 rows, const std::vector<double>& mean,
                                           const std::array<std::vector<double>, 2>& axes) {
  std::vector<std::array<double, 2>> points(static_cast<std::size_t>(rows.rows));
  for (std::int64_t i = 0; i < rows.rows; ++i)
    for (std::size_t axis = 0; axis < 2; ++axis) {
      double sum = 0;
      for (std::size_t d = 0; d < mean.size(); ++d)
        sum += (static_cast<double>(rows.row(i)[d]) - mean[d]) * axes[axis][d];
      points[static_cast<std::size_t>(i)][axis] = sum;
    }
  return points;
}

}  // namespace

PrincipalMap map_to_plane(FeaturesF32 first, FeaturesF32 second) {
  if (second.rows > 0) check_same_dim(first.columns, second.columns);
  if (first.columns < 2)
    throw Error("features", "expected two dimensions or more, found " + std::to_string(first.columns));
  StreamingStatistics all(first.columns);
  all.add(first);
  if (second.rows > 0) all.add(second);
  Statistics statistics = all.finish();
  const std::int64_t dim = statistics.dim();
  const std::vector<double> variances = linear::symmetric_eigenvalues(statistics.sigma, dim, true);
  double whole = 0;
  for (const double variance : variances) whole += std::max(variance, 0.0);
  const std::array axes{axis_of(statistics.sigma, dim, 0), axis_of(statistics.sigma, dim, 1)};
  PrincipalMap map{project(first, statistics.mu, axes), project(second, statistics.mu, axes), {}};
  for (std::size_t axis = 0; axis < 2; ++axis)
    map.share[axis] = whole > 0 ? std::max(variances[variances.size() - 1 - axis], 0.0) / whole : 0;
  return map;
}

}  // namespace gdd
