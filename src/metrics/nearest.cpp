#include "gdd/metrics/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/distance_rows.h"
#include "metrics/nearest_rows.h"
#include "metrics/neighbour_radii.h"
#include "metrics/rounded_rows.h"

namespace gdd {
namespace {

void require_rows(FeaturesF32 rows, std::int64_t least) {
  if (rows.rows < least)
    throw Error("features",
                "expected at least " + std::to_string(least) + " rows, found " + std::to_string(rows.rows));
}

// Both sets in one frame, and how all pairs of them are gone over.
struct Pairs {
  Pairs(FeaturesF32 rows, FeaturesF32 among, const NearestOptions& given)
      : frame(choose_frame(rows, among)), from(rows, frame), to(among, frame) {
    options.threads = given.threads;
    done = [progress = given.progress, total = rows.rows](std::int64_t count) {
      if (progress) progress(count, total);
    };
  }

  Frame frame;
  RoundedRows from, to;
  ManifoldOptions options;
  std::function<void(std::int64_t)> done;
};

std::vector<Nearest> nearest_in(FeaturesF32 rows, FeaturesF32 among, std::span<const std::int64_t> without,
                                const NearestOptions& options) {
  const Pairs pairs(rows, among, options);
  std::vector<Nearest> found;
  for (const NearestRow& each : nearest_rows(pairs.from, pairs.to, without, pairs.options, pairs.done))
    found.push_back({each.row, std::sqrt(each.distance / pairs.from.squared_scale())});
  return found;
}

// Of each row the squared distance to its k-th nearest other.
std::vector<double> squared_radii(FeaturesF32 rows, std::int64_t k, const NearestOptions& options) {
  Pairs pairs(rows, rows, options);
  pairs.options.k = k;
  std::vector<double> radii = neighbour_radii(pairs.from, pairs.options, pairs.done);
  for (double& radius : radii) radius /= pairs.from.squared_scale();
  return radii;
}

// The references that stay: their radii, or -1.
std::vector<double> usable_radii(std::vector<double> radii) {
  std::vector<double> sorted = radii;
  const auto middle = sorted.begin() + (std::ssize(sorted) - 1) / 2;
  std::ranges::nth_element(sorted, middle);
  for (double& radius : radii)
    if (radius > *middle || radius <= 0) radius = -1;
  if (std::ranges::all_of(radii, [](double radius) { return radius < 0; }))
    throw Error("features", "the references are copies of each other: they have no radius");
  return radii;
}

// Of one row; its distance to the reference found is exact.
double least_in_radii(const DistanceRows& distances, std::int64_t row, const std::vector<double>& radii) {
  double least = std::numeric_limits<double>::infinity();
  std::size_t nearest = 0;
  for (std::size_t j = 0; j < radii.size(); ++j) {
    if (radii[j] < 0) continue;
    const double ratio = distances.distance(row, static_cast<std::int64_t>(j)) / radii[j];
    if (ratio < least) least = ratio, nearest = j;
  }
  return std::sqrt(distances.exact(row, static_cast<std::int64_t>(nearest)) / radii[nearest]);
}

}  // namespace

std::vector<Nearest> nearest_rows(FeaturesF32 rows, FeaturesF32 among, const NearestOptions& options) {
  check_same_dim(rows.columns, among.columns);
  require_rows(among, 1);
  return nearest_in(rows, among, {}, options);
}

std::vector<Nearest> nearest_others(FeaturesF32 rows, const NearestOptions& options) {
  require_rows(rows, 2);
  std::vector<std::int64_t> itself(static_cast<std::size_t>(rows.rows));
  std::iota(itself.begin(), itself.end(), std::int64_t{0});
  return nearest_in(rows, rows, itself, options);
}

std::vector<double> distance_in_radii(FeaturesF32 sample, FeaturesF32 reference, std::int64_t k,
                                      const NearestOptions& options) {
  check_same_dim(sample.columns, reference.columns);
  if (k < 1) throw Error("features", "expected k of at least 1, found " + std::to_string(k));
  require_rows(reference, k + 1);
  const std::vector<double> radii = usable_radii(squared_radii(reference, k, options));
  DistanceRows distances(sample, reference, false);
  std::vector<double> found;
  for (std::int64_t first = 0; first < sample.rows; first += kDistanceRows) {
    const std::int64_t count = std::min(kDistanceRows, sample.rows - first);
    distances.compute(first, count);
    for (std::int64_t i = 0; i < count; ++i) found.push_back(least_in_radii(distances, i, radii));
    if (options.progress) options.progress(first + count, sample.rows);
  }
  return found;
}

}  // namespace gdd
