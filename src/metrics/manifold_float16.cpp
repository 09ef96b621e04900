#include "metrics/manifold_float16.h"

#include <algorithm>
#include <vector>

#include "metrics/distance_rows.h"
#include "metrics/manifold_counts.h"

namespace gdd {
namespace {

// Calls take(first, count) for the rows of `from` whose distances to all of `to` are at hand.
template <class Take>
void for_blocks(DistanceRows& distances, std::int64_t rows, const Take& take) {
  for (std::int64_t first = 0; first < rows; first += kDistanceRows) {
    const std::int64_t count = std::min(kDistanceRows, rows - first);
    distances.compute(first, count);
    take(first, count);
  }
}

std::vector<double> radii(FeaturesF32 set, std::int64_t k, const std::function<void(std::int64_t)>& done) {
  DistanceRows distances(set, set, true);
  std::vector<double> result;
  for_blocks(distances, set.rows, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) result.push_back(distances.exact_of_rank(i, k));
    done(first + count);
  });
  return result;
}

}  // namespace

ManifoldScores manifold_scores_float16(FeaturesF32 sample, FeaturesF32 reference,
                                       const ManifoldOptions& options,
                                       const std::function<void(std::int64_t rows)>& done) {
  const std::vector<double> reference_radii = radii(reference, options.k, done);
  const std::vector<double> sample_radii =
      radii(sample, options.k, [&](std::int64_t rows) { done(reference.rows + rows); });
  const auto inside = [&](double distance, double radius) {
    return options.strict ? distance < radius : distance <= radius;
  };
  ManifoldCounts counts(sample.rows, reference.rows);
  DistanceRows distances(sample, reference, true);
  for_blocks(distances, sample.rows, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j < reference.rows; ++j) {
        const double distance = distances.distance(i, j);
        if (inside(distance, reference_radii[static_cast<std::size_t>(j)]))
          counts.in_reference_ball(first + i, j);
        if (inside(distance, sample_radii[static_cast<std::size_t>(first + i)])) counts.in_sample_ball(j);
      }
    done(reference.rows + sample.rows + first + count);
  });
  return counts.scores(options.k);
}

}  // namespace gdd
