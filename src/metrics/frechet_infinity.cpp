#include "gdd/metrics/frechet_infinity.h"

#include <algorithm>

#include "base/numpy_random.h"
#include "gdd/error.h"
#include "gdd/metrics/statistics.h"

namespace gdd {
namespace {

constexpr std::int64_t kRowsAtOnce = 512;

Statistics statistics_of_rows(FeaturesF32 features, const std::vector<std::int64_t>& chosen,
                              std::int64_t count) {
  StreamingStatistics sums(features.columns);
  std::vector<float> rows;
  for (std::int64_t first = 0; first < count; first += kRowsAtOnce) {
    const std::int64_t size = std::min(kRowsAtOnce, count - first);
    rows.clear();
    for (std::int64_t i = first; i < first + size; ++i) {
      const auto row = features.row(chosen[static_cast<std::size_t>(i)]);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    sums.add(FeaturesF32{rows.data(), size, features.columns});
  }
  return sums.finish();
}

// Least squares of distance = intercept + slope / n.
void fit_line(InfinityResult& result) {
  const auto count = static_cast<double>(result.measured.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (const auto& [n, distance] : result.measured) {
    mean_x += 1 / static_cast<double>(n) / count;
    mean_y += distance / count;
  }
  for (const auto& [n, distance] : result.measured) {
    const double x = 1 / static_cast<double>(n) - mean_x;
    xx += x * x;
    xy += x * (distance - mean_y);
  }
  result.slope = xy / xx;
  result.distance = mean_y - result.slope * mean_x;
}

}  // namespace

InfinityResult frechet_infinity(FeaturesF32 sample, const FrechetReference& reference,
                                const InfinityOptions& options) {
  const std::int64_t smallest = options.smallest > 0 ? options.smallest : sample.rows / 10;
  if (smallest < 2 || smallest >= sample.rows || options.points < 2)
    throw Error("fid_infinity",
                "expected at least 2 subsets of at least 2 of the rows, found " +
                    std::to_string(options.points) + " from " + std::to_string(smallest) + " to " +
                    std::to_string(sample.rows),
                "give 20 rows or more");
  InfinityResult result;
  NumpyRandomState random(options.seed);
  for (std::int64_t point = 0; point < options.points; ++point) {
    const std::int64_t n = smallest + (sample.rows - smallest) * point / (options.points - 1);
    const Statistics subset = statistics_of_rows(sample, random.permutation(sample.rows), n);
    result.measured.emplace_back(n, reference.distance(subset).distance);
    if (options.progress) options.progress(point + 1, options.points);
  }
  if (smallest <= sample.columns)
    result.warnings.push_back("subsets from " + std::to_string(smallest) + " rows for " +
                              std::to_string(sample.columns) +
                              " dimensions: their covariances are singular, and the line is less certain");
  fit_line(result);
  return result;
}

}  // namespace gdd
