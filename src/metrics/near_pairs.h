// The pairs of rows of two sets that lie near enough to each other for a ball around one to hold the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "metrics/distance_rows.h"
#include "metrics/exact_distance.h"
#include "metrics/rounded_rows.h"
#include "metrics/row_blocks.h"

namespace gdd {

// The rows of a set with how far their largest balls reach.
class NearRows {
 public:
  // `squared_radii` of rows times their frame's scale; empty: there are no balls around this set's rows.
  // `set` lives longer.
  explicit NearRows(const RoundedRows& set, std::span<const double> squared_radii = {}) : rows(set) {
    constexpr float kUp = 1 + 0x1p-21F;  // sums of two such numbers are not rounded below what they stand for
    for (std::int64_t i = 0; i < set.count(); ++i) {
      slacks.push_back(kUp * set.slack(i));
      reaches.push_back(
          squared_radii.empty()
              ? -std::numeric_limits<float>::infinity()
              : kUp * (static_cast<float>(squared_radii[static_cast<std::size_t>(i)]) + set.slack(i)));
    }
  }
  FeaturesF32 part(std::int64_t first, std::int64_t count) const {
    const FeaturesF32 all = rows.original();
    return {all.data + first * all.columns, count, all.columns};
  }

  const RoundedRows& rows;
  std::vector<float> slacks, reaches;  // a pair farther apart than reach + the other's slack is not inside
};

// Whether a squared distance, known within `slack`, lies inside a squared radius; of a slack of 0 it is never
// open, and `strict` says that the boundary is outside.
enum class Inside { kNo, kYes, kOpen };
inline Inside judge(double distance, double slack, double radius, bool strict) {
  if (distance - slack > radius) return Inside::kNo;
  if (distance + slack < radius) return Inside::kYes;
  return slack > 0 ? Inside::kOpen : strict ? Inside::kNo : Inside::kYes;
}

// Those of one block. `settle(i, j, distance, slack)`, with places within the block, hears of every pair that
// may matter and says whether it could tell; if not, it hears of it again, better known, at last with a slack
// of 0.
template <class Settle>
class NearPairs {
 public:
  NearPairs(const NearRows& a, const NearRows& b, const BlockPair& block, Settle settle)
      : a_(a), b_(b), block_(block), settle_(std::move(settle)) {}

  void visit(const float* products) {
    for (std::int64_t i = 0; i < block_.rows; ++i)
      for (std::int64_t first = 0; first < block_.columns; first += kStrip)
        visit_strip(i, first, std::min(first + kStrip, block_.columns), products + i * block_.columns);
    close();
  }

 private:
  struct Pair {
    std::int32_t row, column;  // within the block
  };

  // Most strips hold no pair near any ball, which this finds without a branch a pair.
  bool strip_matters(std::int64_t i, std::int64_t first, std::int64_t end, const float* products) const {
    const std::int64_t row = block_.row + i, column = block_.column;
    const float norm = a_.rows.norm(row), slack = a_.slacks[static_cast<std::size_t>(row)],
                reach = a_.reaches[static_cast<std::size_t>(row)];
    const float *norms = b_.rows.norms() + column, *slacks = b_.slacks.data() + column,
                *reaches = b_.reaches.data() + column;
    int matters = 0;
    for (std::int64_t j = first; j < end; ++j) {
      const float distance = norm + norms[j] - 2 * products[j];
      matters |=
          static_cast<int>(distance <= reaches[j] + slack) | static_cast<int>(distance <= reach + slacks[j]);
    }
    return matters != 0;
  }

  void visit_strip(std::int64_t i, std::int64_t first, std::int64_t end, const float* products) {
    if (!strip_matters(i, first, end, products)) return;
    const std::int64_t row = block_.row + i;
    for (std::int64_t j = first; j < end; ++j) {
      const std::int64_t column = block_.column + j;
      const float distance = a_.rows.norm(row) + b_.rows.norm(column) - 2 * products[j];
      const double slack =
          static_cast<double>(a_.rows.slack(row)) + static_cast<double>(b_.rows.slack(column));
      try_to_settle(i, j, distance, slack);
    }
  }

  void try_to_settle(std::int64_t i, std::int64_t j, double distance, double slack) {
    if (!settle_(i, j, distance, slack))
      open_.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
  }

  // A pair or a few: each on its own. Many: all of the block in float64 first, which leaves next to none
  // open.
  void close() {
    const double scale = a_.rows.squared_scale();
    const auto settle_exactly = [&](const Pair& pair) {
      settle_(pair.row, pair.column,
              exact_distance(a_.rows.original().row(block_.row + pair.row),
                             b_.rows.original().row(block_.column + pair.column)) *
                  scale,
              0);
    };
    if (std::ssize(open_) * 32 >= block_.rows * block_.columns) {
      DistanceRows distances(a_.part(block_.row, block_.rows), b_.part(block_.column, block_.columns), false);
      distances.compute(0, block_.rows);
      for (const auto& [i, j] : std::exchange(open_, {}))
        try_to_settle(i, j, distances.distance(i, j) * scale, distances.rounding(i, j) * scale);
    }
    for (const Pair& pair : open_) settle_exactly(pair);
  }

  const NearRows &a_, &b_;
  BlockPair block_;
  Settle settle_;
  std::vector<Pair> open_;
};

// Adds to `counts` what `count` makes of the products of each block of all pairs, on several threads.
template <class Counts, class Count>
void sum_over_blocks(const RoundedRows& a, const RoundedRows& b, const ManifoldOptions& options,
                     const std::function<void(std::int64_t rows)>& done, Counts& counts, Count count) {
  std::mutex mutex;
  const auto take = [&](const BlockPair& block, const float* products) {
    const Counts of_block = count(block, products);
    const std::lock_guard lock(mutex);
    counts.add(of_block, block.row, block.column);
  };
  for_each_block(a, b, options, take, done);
}

}  // namespace gdd
