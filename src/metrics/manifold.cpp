#include "gdd/metrics/manifold.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/distance_rows.h"
#include "metrics/exact_distance.h"
#include "metrics/manifold_counts.h"
#include "metrics/manifold_float16.h"
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
      : rows(set), radii(std::move(squared_radii)) {
    constexpr float kUp = 1 + 0x1p-21F;  // sums of two such numbers are not rounded below what they stand for
    for (std::int64_t i = 0; i < set.count(); ++i) {
      slacks.push_back(kUp * set.slack(i));
      reaches.push_back(kUp * (static_cast<float>(radii[static_cast<std::size_t>(i)]) + set.slack(i)));
    }
  }
  const RoundedRows& rows;
  std::vector<double> radii;
  std::vector<float> slacks, reaches;  // a pair farther apart than reach + the other's slack is not inside
};

// Whether a distance, known within `slack`, lies inside a radius.
enum class Inside { kNo, kYes, kOpen };
Inside judge(double distance, double slack, double radius) {
  if (distance - slack > radius) return Inside::kNo;
  return distance + slack < radius ? Inside::kYes : Inside::kOpen;
}

// Counts the pairs of one block.
class BlockCounter {
 public:
  BlockCounter(const Manifold& sample, const Manifold& reference, bool strict, const BlockPair& block)
      : sample_(sample),
        reference_(reference),
        strict_(strict),
        block_(block),
        counts_(block.rows, block.columns) {}

  const ManifoldCounts& count(const float* products) {
    for (std::int64_t i = 0; i < block_.rows; ++i)
      for (std::int64_t first = 0; first < block_.columns; first += kStrip)
        count_strip(i, first, std::min(first + kStrip, block_.columns), products + i * block_.columns);
    close();
    return counts_;
  }

 private:
  struct Pair {
    std::int32_t row, column;  // within the block
  };

  // Most strips hold no pair near any ball, which this finds without a branch a pair.
  bool strip_matters(std::int64_t i, std::int64_t first, std::int64_t end, const float* products) const {
    const std::int64_t row = block_.row + i, column = block_.column;
    const float norm = sample_.rows.norm(row), slack = sample_.slacks[static_cast<std::size_t>(row)],
                reach = sample_.reaches[static_cast<std::size_t>(row)];
    const float *norms = reference_.rows.norms() + column, *slacks = reference_.slacks.data() + column,
                *reaches = reference_.reaches.data() + column;
    int matters = 0;
    for (std::int64_t j = first; j < end; ++j) {
      const float distance = norm + norms[j] - 2 * products[j];
      matters |=
          static_cast<int>(distance <= reaches[j] + slack) | static_cast<int>(distance <= reach + slacks[j]);
    }
    return matters != 0;
  }

  void count_strip(std::int64_t i, std::int64_t first, std::int64_t end, const float* products) {
    if (!strip_matters(i, first, end, products)) return;
    const std::int64_t row = block_.row + i;
    for (std::int64_t j = first; j < end; ++j) {
      const std::int64_t column = block_.column + j;
      const float distance = sample_.rows.norm(row) + reference_.rows.norm(column) - 2 * products[j];
      const double slack =
          static_cast<double>(sample_.rows.slack(row)) + static_cast<double>(reference_.rows.slack(column));
      settle(i, j, distance, slack);
    }
  }

  void settle(std::int64_t i, std::int64_t j, double distance, double slack) {
    const Inside of_reference = judge(distance, slack, reference_radius(j));
    const Inside of_sample = judge(distance, slack, sample_radius(i));
    if (of_reference == Inside::kOpen || of_sample == Inside::kOpen) {
      open_.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
      return;
    }
    if (of_reference == Inside::kYes) counts_.in_reference_ball(i, j);
    if (of_sample == Inside::kYes) counts_.in_sample_ball(j);
  }

  // A pair or a few: each on its own. Many: all of the block in float64 first, which leaves next to none
  // open.
  void close() {
    if (std::ssize(open_) * 32 < block_.rows * block_.columns) {
      for (const auto& [i, j] : open_) settle_exactly(i, j);
      return;
    }
    DistanceRows distances(part(sample_, block_.row, block_.rows),
                           part(reference_, block_.column, block_.columns), false);
    distances.compute(0, block_.rows);
    const double scale = sample_.rows.squared_scale();
    for (const auto& [i, j] : std::exchange(open_, {}))
      settle(i, j, distances.distance(i, j) * scale, distances.rounding(i, j) * scale);
    for (const auto& [i, j] : open_) settle_exactly(i, j);
  }

  void settle_exactly(std::int64_t i, std::int64_t j) {
    const double distance = exact_distance(sample_.rows.original().row(block_.row + i),
                                           reference_.rows.original().row(block_.column + j)) *
                            sample_.rows.squared_scale();
    const auto inside = [&](double radius) { return strict_ ? distance < radius : distance <= radius; };
    if (inside(reference_radius(j))) counts_.in_reference_ball(i, j);
    if (inside(sample_radius(i))) counts_.in_sample_ball(j);
  }

  static FeaturesF32 part(const Manifold& set, std::int64_t first, std::int64_t rows) {
    const FeaturesF32 all = set.rows.original();
    return {all.data + first * all.columns, rows, all.columns};
  }
  double sample_radius(std::int64_t i) const {
    return sample_.radii[static_cast<std::size_t>(block_.row + i)];
  }
  double reference_radius(std::int64_t j) const {
    return reference_.radii[static_cast<std::size_t>(block_.column + j)];
  }

  const Manifold &sample_, &reference_;
  bool strict_;
  BlockPair block_;
  ManifoldCounts counts_;
  std::vector<Pair> open_;
};

ManifoldCounts count_pairs(const Manifold& sample, const Manifold& reference, const ManifoldOptions& options,
                           const std::function<void(std::int64_t rows)>& done) {
  ManifoldCounts counts(sample.rows.count(), reference.rows.count());
  std::mutex mutex;
  const auto take = [&](const BlockPair& block, const float* products) {
    BlockCounter counter(sample, reference, options.strict, block);
    const ManifoldCounts& of_block = counter.count(products);
    const std::lock_guard lock(mutex);
    counts.add(of_block, block.row, block.column);
  };
  for_each_block(sample.rows, reference.rows, options, take, done);
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
