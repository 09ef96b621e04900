#include "gdd/metrics/manifold.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/manifold_counts.h"
#include "metrics/manifold_float16.h"
#include "metrics/near_pairs.h"
#include "metrics/neighbour_radii.h"
#include "metrics/rounded_rows.h"
#include "metrics/row_blocks.h"

namespace gdd {
namespace {

void check(FeaturesF32 sample, FeaturesF32 reference, const ManifoldOptions& options) {
  check_same_dim(sample.columns, reference.columns);
  const std::int64_t fewest = std::min(sample.rows, reference.rows);
  if (options.k < 1 || options.k >= fewest)
    throw Error::usage("--k", "expected 1 to " + std::to_string(fewest - 1) + " for sets of " +
                                  std::to_string(sample.rows) + " and " + std::to_string(reference.rows) +
                                  ", found " + std::to_string(options.k));
}

// The rows of a set with their balls.
struct Manifold {
  Manifold(const RoundedRows& set, std::vector<double> squared_radii)
      : near(set, squared_radii), radii(std::move(squared_radii)) {}
  NearRows near;
  std::vector<double> radii;
};

ManifoldCounts count_block(const Manifold& sample, const Manifold& reference, bool strict,
                           const BlockPair& block, const float* products) {
  ManifoldCounts counts(block.rows, block.columns);
  const double* const sample_radii = sample.radii.data() + block.row;
  const double* const reference_radii = reference.radii.data() + block.column;
  const auto settle = [&](std::int64_t i, std::int64_t j, double distance, double slack) {
    const Inside of_reference = judge(distance, slack, reference_radii[j], strict);
    const Inside of_sample = judge(distance, slack, sample_radii[i], strict);
    if (of_reference == Inside::kOpen || of_sample == Inside::kOpen) return false;
    if (of_reference == Inside::kYes) counts.in_reference_ball(i, j);
    if (of_sample == Inside::kYes) counts.in_sample_ball(j);
    return true;
  };
  NearPairs(sample.near, reference.near, block, settle).visit(products);
  return counts;
}

ManifoldCounts count_pairs(const Manifold& sample, const Manifold& reference, const ManifoldOptions& options,
                           const std::function<void(std::int64_t rows)>& done) {
  ManifoldCounts counts(sample.near.rows.count(), reference.near.rows.count());
  sum_over_blocks(sample.near.rows, reference.near.rows, options, done, counts,
                  [&](const BlockPair& block, const float* products) {
                    return count_block(sample, reference, options.strict, block, products);
                  });
  return counts;
}

}  // namespace

ManifoldScores manifold_scores(FeaturesF32 sample, FeaturesF32 reference, const ManifoldOptions& options) {
  check(sample, reference, options);
  const auto done = [&](std::int64_t rows) {
    if (options.progress) options.progress(rows, 2 * sample.rows + reference.rows);
  };
  if (options.float16) return manifold_scores_float16(sample, reference, options, done);
  const Frame frame = choose_frame(sample, reference);
  const RoundedRows references(reference, frame), samples(sample, frame);
  const Manifold of_reference(references, neighbour_radii(references, options, done));
  const Manifold of_sample(
      samples, neighbour_radii(samples, options, [&](std::int64_t rows) { done(reference.rows + rows); }));
  return count_pairs(of_sample, of_reference, options,
                     [&](std::int64_t rows) { done(reference.rows + sample.rows + rows); })
      .scores(options.k);
}

}  // namespace gdd
