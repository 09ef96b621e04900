#include "metrics/neighbour_radii.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <span>

#include "base/tasks.h"
#include "metrics/distance_rows.h"
#include "metrics/exact_distance.h"
#include "metrics/row_blocks.h"

namespace gdd {
namespace {

constexpr std::int64_t kSpare = 12;      // neighbours kept beyond the k-th, among which rounding may have it
constexpr std::size_t kRowsAgain = 256;  // in float64 at once: 100 MB of distances to 50 000 rows
constexpr std::int64_t kStrip = 128;     // pairs looked at together before any of them is looked at alone

// The least a distance from a row can be, as far as float32 tells: less the other row's slack, so that
// candidates compare by what they can be at best; the row's own slack is the same for all of them.
struct Candidate {
  float least;
  std::int32_t row;
};

// For every row the few other rows that may be nearest, kept while blocks of products pass.
class Candidates {
 public:
  Candidates(const RoundedRows& rows, std::int64_t k)
      : rows_(rows),
        kept_(std::min(k + kSpare, rows.count() - 1)),
        least_norms_(static_cast<std::size_t>(rows.count())),
        bounds_(static_cast<std::size_t>(rows.count()), std::numeric_limits<float>::infinity()),
        lists_(static_cast<std::size_t>(rows.count() * kept_), Candidate{bounds_[0], -1}),
        locks_(static_cast<std::size_t>(rows.count() / kLockRows + 1)) {
    for (std::int64_t i = 0; i < rows.count(); ++i)
      least_norms_[static_cast<std::size_t>(i)] = rows.norm(i) - rows.slack(i);
  }

  // Of a set with itself, on or above the diagonal: each pair serves both of its rows.
  void take(const BlockPair& block, const float* products) {
    const auto held = lock(block);
    for (std::int64_t i = 0; i < block.rows; ++i) {
      const std::int64_t row = block.row + i;
      const std::int64_t first = std::max(row + 1, block.column), end = block.column + block.columns;
      const float* const line = products + i * block.columns - block.column;
      for (std::int64_t strip = first; strip < end; strip += kStrip)
        take_strip(row, strip, std::min(strip + kStrip, end), line);
    }
  }

  std::span<const Candidate> of(std::int64_t row) const {
    return {lists_.data() + row * kept_, static_cast<std::size_t>(kept_)};
  }
  // Every row that is not among the candidates of `row` is at least so far from it.
  double beyond(std::int64_t row) const {
    if (kept_ == rows_.count() - 1) return std::numeric_limits<double>::infinity();
    return static_cast<double>(of(row).back().least) - static_cast<double>(rows_.slack(row));
  }

 private:
  static constexpr std::int64_t kLockRows = 256;

  // The locks of the rows and columns of a block, in ascending order.
  std::vector<std::unique_lock<std::mutex>> lock(const BlockPair& block) {
    std::vector<std::unique_lock<std::mutex>> held;
    std::int64_t next = 0;
    const auto take_locks = [&](std::int64_t first, std::int64_t count) {
      for (next = std::max(next, first / kLockRows); next <= (first + count - 1) / kLockRows; ++next)
        held.emplace_back(locks_[static_cast<std::size_t>(next)]);
    };
    take_locks(block.row, block.rows);
    take_locks(block.column, block.columns);
    return held;
  }

  float least_for_row(std::int64_t row, std::int64_t column, float product) const {
    return rows_.norm(row) + least_norms_[static_cast<std::size_t>(column)] - 2 * product;
  }

  // Most strips hold nothing for anybody, which this finds without a branch a pair.
  bool strip_matters(std::int64_t row, std::int64_t first, std::int64_t end, const float* line) const {
    const float norm = rows_.norm(row), least_norm = least_norms_[static_cast<std::size_t>(row)],
                bound = bounds_[static_cast<std::size_t>(row)];
    const float *norms = rows_.norms(), *least_norms = least_norms_.data(), *bounds = bounds_.data();
    int matters = 0;
    for (std::int64_t j = first; j < end; ++j) {
      const float twice = 2 * line[j];
      matters |= static_cast<int>(norm + least_norms[j] - twice < bound) |
                 static_cast<int>(norms[j] + least_norm - twice < bounds[j]);
    }
    return matters != 0;
  }

  void take_strip(std::int64_t row, std::int64_t first, std::int64_t end, const float* line) {
    if (!strip_matters(row, first, end, line)) return;
    for (std::int64_t column = first; column < end; ++column) {
      insert(row, column, least_for_row(row, column, line[column]));
      insert(column, row, least_for_row(column, row, line[column]));
    }
  }

  void insert(std::int64_t row, std::int64_t other, float least) {
    float& bound = bounds_[static_cast<std::size_t>(row)];
    if (!(least < bound)) return;
    Candidate* const begin = lists_.data() + row * kept_;
    Candidate* place = begin + kept_ - 1;
    for (; place > begin && least < (place - 1)->least; --place) *place = *(place - 1);
    *place = {least, static_cast<std::int32_t>(other)};
    bound = begin[kept_ - 1].least;
  }

  const RoundedRows& rows_;
  std::int64_t kept_;
  std::vector<float> least_norms_;  // norm - slack
  std::vector<float> bounds_;       // the last of a row's list
  std::vector<Candidate> lists_;    // [N, kept], ascending
  std::vector<std::mutex> locks_;   // one for kLockRows rows
};

// The k-th smallest exact distance, if no row outside the candidates can be nearer; else a negative number.
double radius_among(const RoundedRows& rows, const Candidates& candidates, std::int64_t row, std::int64_t k) {
  const FeaturesF32 set = rows.original();
  const auto slack = static_cast<double>(rows.slack(row));
  std::vector<double> nearest;  // the k nearest so far, ascending
  for (const auto& [least, other] : candidates.of(row)) {
    if (std::ssize(nearest) == k && nearest.back() <= static_cast<double>(least) - slack) break;
    const double exact = exact_distance(set.row(row), set.row(other)) * rows.squared_scale();
    nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), exact), exact);
    if (std::ssize(nearest) > k) nearest.pop_back();
  }
  const double radius = nearest.back();
  return radius == 0 || radius <= candidates.beyond(row) ? radius : -1;
}

// Rows with more near neighbours than float32 tells apart, in float64, where the row itself has rank 0.
void measure_again(const RoundedRows& rows, const std::vector<std::int64_t>& chosen, std::int64_t k,
                   std::vector<double>& radii) {
  const FeaturesF32 set = rows.original();
  for (std::size_t first = 0; first < chosen.size(); first += kRowsAgain) {
    const std::span part = std::span(chosen).subspan(first, std::min(kRowsAgain, chosen.size() - first));
    std::vector<float> values;
    for (const std::int64_t row : part) values.insert(values.end(), set.row(row).begin(), set.row(row).end());
    DistanceRows distances({values.data(), std::ssize(part), set.columns}, set, false);
    distances.compute(0, std::ssize(part));
    for (std::int64_t i = 0; i < std::ssize(part); ++i)
      radii[static_cast<std::size_t>(part[static_cast<std::size_t>(i)])] =
          distances.exact_of_rank(i, k) * rows.squared_scale();
  }
}

}  // namespace

std::vector<double> neighbour_radii(const RoundedRows& rows, const ManifoldOptions& options,
                                    const std::function<void(std::int64_t rows)>& done) {
  const int threads = product_threads(options);
  Candidates candidates(rows, options.k);
  const std::vector<BlockPair> blocks = cut_blocks(rows.count(), rows.count(), threads, true);
  run_tasks(
      std::ssize(blocks), threads,
      [&](std::int64_t i) {
        const BlockPair& block = blocks[static_cast<std::size_t>(i)];
        candidates.take(block, block_products(rows, rows, block, options));
      },
      [&](std::int64_t finished) { done(rows.count() * finished / std::ssize(blocks)); });

  std::vector<double> radii(static_cast<std::size_t>(rows.count()));
  run_tasks(rows.count(), options.threads, [&](std::int64_t row) {
    radii[static_cast<std::size_t>(row)] = radius_among(rows, candidates, row, options.k);
  });
  std::vector<std::int64_t> open;
  for (std::int64_t row = 0; row < rows.count(); ++row)
    if (radii[static_cast<std::size_t>(row)] < 0) open.push_back(row);
  measure_again(rows, open, options.k, radii);
  return radii;
}

}  // namespace gdd
