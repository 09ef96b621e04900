#include "metrics/nearest_rows.h"

#include <algorithm>
#include <limits>

#include "base/tasks.h"
#include "metrics/candidates.h"
#include "metrics/exact_distance.h"
#include "metrics/row_blocks.h"
#include "metrics/whole_rows.h"

namespace gdd {
namespace {

constexpr std::int64_t kRowsOfTask = 256;
constexpr std::int64_t kNone = -1;

class Search {
 public:
  Search(const RoundedRows& from, const RoundedRows& to, std::span<const std::int64_t> without)
      : from_(from), to_(to), without_(without), candidates_(from, to, 1 + kSpareCandidates) {}

  void take(const BlockPair& block, const float* products) { candidates_.take(block, products); }

  // `row` kNone: one outside the candidates can be as near, or nearer.
  NearestRow among_candidates(std::int64_t row) {
    const auto slack = static_cast<double>(from_.slack(row));
    NearestRow nearest{kNone, std::numeric_limits<double>::infinity()};
    for (const auto& [least, other] : candidates_.sorted(row)) {
      if (nearest.distance < static_cast<double>(least) - slack) break;
      if (other == excluded(row)) continue;
      offer(other, exact(row, other), nearest);
    }
    if (!(nearest.distance < candidates_.beyond(row))) nearest.row = kNone;
    return nearest;
  }

  NearestRow among_all(std::int64_t row, const DistanceRows& distances, std::int64_t i) const {
    NearestRow nearest{kNone, std::numeric_limits<double>::infinity()};
    for (std::int64_t other = 0; other < to_.count(); ++other) {
      const double least =
          (distances.distance(i, other) - distances.rounding(i, other)) * to_.squared_scale();
      if (least <= nearest.distance && other != excluded(row)) offer(other, exact(row, other), nearest);
    }
    return nearest;
  }

 private:
  std::int64_t excluded(std::int64_t row) const {
    return without_.empty() ? kNone : without_[static_cast<std::size_t>(row)];
  }
  double exact(std::int64_t row, std::int64_t other) const {
    return exact_distance(from_.original().row(row), to_.original().row(other)) * to_.squared_scale();
  }
  static void offer(std::int64_t row, double distance, NearestRow& nearest) {
    if (distance < nearest.distance || (distance == nearest.distance && row < nearest.row))
      nearest = {row, distance};
  }

  const RoundedRows &from_, &to_;
  std::span<const std::int64_t> without_;
  Candidates candidates_;
};

}  // namespace

std::vector<NearestRow> nearest_rows(const RoundedRows& from, const RoundedRows& to,
                                     std::span<const std::int64_t> without, const ManifoldOptions& options,
                                     const std::function<void(std::int64_t rows)>& done) {
  Search search(from, to, without);
  for_each_block(
      from, to, options, [&](const BlockPair& block, const float* products) { search.take(block, products); },
      done);
  std::vector<NearestRow> nearest(static_cast<std::size_t>(from.count()));
  const auto settle = [&](std::int64_t run) {
    const std::int64_t end = std::min((run + 1) * kRowsOfTask, from.count());
    for (std::int64_t row = run * kRowsOfTask; row < end; ++row)
      nearest[static_cast<std::size_t>(row)] = search.among_candidates(row);
  };
  const auto settled = [&](std::int64_t) { done(from.count()); };
  run_tasks((from.count() + kRowsOfTask - 1) / kRowsOfTask, options.threads, settle, settled);
  std::vector<std::int64_t> open;
  for (std::int64_t row = 0; row < from.count(); ++row)
    if (nearest[static_cast<std::size_t>(row)].row == kNone) open.push_back(row);
  for_whole_rows(
      from.original(), open, to.original(),
      [&](std::int64_t row, const DistanceRows& distances, std::int64_t i) {
        nearest[static_cast<std::size_t>(row)] = search.among_all(row, distances, i);
      },
      settled);
  return nearest;
}

}  // namespace gdd
