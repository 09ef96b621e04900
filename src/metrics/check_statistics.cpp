#include "metrics/check_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "metrics/strips.h"

namespace gdd {
namespace {

using linear::Matrix;

// Infinity if one of them is not finite.
double largest(const Matrix& a, std::int64_t d) {
  std::vector<double> of_rows(static_cast<std::size_t>(d));
  for_each_strip(d, [&](std::int64_t top, std::int64_t bottom) {
    for (std::int64_t i = top; i < bottom; ++i) {
      double most = 0;
      bool finite = true;
      for (std::int64_t j = 0; j < d; ++j) {
        const double x = std::abs(a[static_cast<std::size_t>(i * d + j)]);
        finite &= x <= std::numeric_limits<double>::max();
        most = std::max(most, x);
      }
      of_rows[static_cast<std::size_t>(i)] = finite ? most : std::numeric_limits<double>::infinity();
    }
  });
  return *std::max_element(of_rows.begin(), of_rows.end());
}

// By tiles, whose mirrors stay in the cache. Tells the first that differs of each strip.
void check_symmetric(const Matrix& sigma, std::int64_t d, double tolerance, const std::string& where) {
  using Place = std::pair<std::int64_t, std::int64_t>;
  std::vector<std::optional<Place>> found(static_cast<std::size_t>((d + kStripRows - 1) / kStripRows));
  for_each_strip(d, [&](std::int64_t top, std::int64_t bottom) {
    for (std::int64_t left = 0; left <= top; left += kStripRows)
      for (std::int64_t i = top; i < bottom; ++i)
        for (std::int64_t j = left; j < std::min(left + kStripRows, i); ++j) {
          std::optional<Place>& first = found[static_cast<std::size_t>(top / kStripRows)];
          if (!first && std::abs(sigma[static_cast<std::size_t>(i * d + j)] -
                                 sigma[static_cast<std::size_t>(j * d + i)]) > tolerance)
            first = {i, j};
        }
  });
  for (const std::optional<Place>& first : found)
    if (first)
      throw Error(where, "expected a symmetric sigma, found [" + std::to_string(first->first) + "," +
                             std::to_string(first->second) + "] to differ from its mirror");
}

}  // namespace

void check_statistics(const Statistics& s, const std::string& which) {
  const std::int64_t d = s.dim();
  const std::string where = which + " statistics";
  if (d == 0 || s.sigma.size() != static_cast<std::size_t>(d * d))
    throw Error(where, "expected mu [D] and sigma [D,D], found " + std::to_string(d) + " and " +
                           std::to_string(s.sigma.size()) + " values");
  const auto finite = [](double x) { return std::isfinite(x); };
  const double most = largest(s.sigma, d);
  if (!std::all_of(s.mu.begin(), s.mu.end(), finite) || !finite(most))
    throw Error(where, "expected finite numbers, found NaN or infinity");
  const double tolerance = kRounding * most;
  for (std::int64_t i = 0; i < d; ++i)
    if (s.sigma[static_cast<std::size_t>(i * d + i)] < -tolerance)
      throw Error(where, "expected variances of at least 0, found a negative one at " + std::to_string(i));
  check_symmetric(s.sigma, d, tolerance, where);
}

}  // namespace gdd
