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

constexpr std::int64_t kSpare = 12;  // neighbours kept beyond the k-th, among which rounding may have it
constexpr std::int64_t kMostNearest = 256;  // a larger k is for whole rows of distances
constexpr std::int64_t kRowsOfTask = 256;   // whose candidates are settled by one task
constexpr std::size_t kRowsAgain = 256;     // in float64 at once: 100 MB of distances to 50 000 rows

// The least a distance from a row can be, as far as float32 tells: less the other row's slack, so that
// candidates compare by what they can be at best; the row's own slack is the same for all of them.
struct Candidate {
  float least;
  std::int32_t row;
};

// For every row the few other rows that may be nearest, kept while blocks of products pass: up to twice as
// many as are wanted, until half of them are thrown away at once.
class Candidates {
 public:
  Candidates(const RoundedRows& rows, std::int64_t k)
      : rows_(rows),
        wanted_(k + kSpare),
        least_norms_(static_cast<std::size_t>(rows.count())),
        bounds_(static_cast<std::size_t>(rows.count()), std::numeric_limits<float>::infinity()),
        counts_(static_cast<std::size_t>(rows.count())),
        lists_(static_cast<std::size_t>(rows.count() * 2 * wanted_)),
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

  // Those of a row, the least first.
  std::span<const Candidate> sorted(std::int64_t row) {
    const std::span<Candidate> list = of(row);
    std::sort(list.begin(), list.end(), is_nearer);
    return list;
  }
  // Every row that is not among the candidates of `row` is at least so far from it.
  double beyond(std::int64_t row) const {
    return static_cast<double>(bounds_[static_cast<std::size_t>(row)]) -
           static_cast<double>(rows_.slack(row));
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

  static bool is_nearer(const Candidate& a, const Candidate& b) { return a.least < b.least; }
  std::span<Candidate> of(std::int64_t row) {
    return {lists_.data() + row * 2 * wanted_,
            static_cast<std::size_t>(counts_[static_cast<std::size_t>(row)])};
  }

  void insert(std::int64_t row, std::int64_t other, float least) {
    float& bound = bounds_[static_cast<std::size_t>(row)];
    if (!(least < bound)) return;
    std::int32_t& count = counts_[static_cast<std::size_t>(row)];
    lists_[static_cast<std::size_t>(row * 2 * wanted_ + count++)] = {least, static_cast<std::int32_t>(other)};
    if (count < 2 * wanted_) return;
    const std::span<Candidate> list = of(row);
    const auto last = list.begin() + (wanted_ - 1);
    std::nth_element(list.begin(), last, list.end(), is_nearer);
    bound = last->least;
    count = static_cast<std::int32_t>(wanted_);
  }

  const RoundedRows& rows_;
  std::int64_t wanted_;
  std::vector<float> least_norms_;    // norm - slack
  std::vector<float> bounds_;         // what was left out of a row's list is no less
  std::vector<std::int32_t> counts_;  // of a row's list
  std::vector<Candidate> lists_;      // [N, 2 wanted]
  std::vector<std::mutex> locks_;     // one for kLockRows rows
};

// The k-th smallest exact distance, if no row outside the candidates can be nearer; else a negative number.
double radius_among(const RoundedRows& rows, Candidates& candidates, std::int64_t row, std::int64_t k) {
  const FeaturesF32 set = rows.original();
  const auto slack = static_cast<double>(rows.slack(row));
  std::vector<double> nearest;  // the k nearest so far, ascending
  for (const auto& [least, other] : candidates.sorted(row)) {
    if (std::ssize(nearest) == k && nearest.back() <= static_cast<double>(least) - slack) break;
    const double exact = exact_distance(set.row(row), set.row(other)) * rows.squared_scale();
    nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), exact), exact);
    if (std::ssize(nearest) > k) nearest.pop_back();
  }
  if (std::ssize(nearest) < k) return -1;  // products were no numbers
  const double radius = nearest.back();
  return radius == 0 || radius <= candidates.beyond(row) ? radius : -1;
}

// Rows with more near neighbours than float32 tells apart, in float64, where the row itself has rank 0.
void measure_again(const RoundedRows& rows, const std::vector<std::int64_t>& chosen, std::int64_t k,
                   std::vector<double>& radii, const std::function<void(std::int64_t done)>& done) {
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
    done(static_cast<std::int64_t>(first) + std::ssize(part));
  }
}

// Negative where float32 cannot tell.
std::vector<double> radii_by_candidates(const RoundedRows& rows, const ManifoldOptions& options,
                                        const std::function<void(std::int64_t rows)>& done) {
  Candidates candidates(rows, options.k);
  for_each_block(
      rows, rows, options,
      [&](const BlockPair& block, const float* products) { candidates.take(block, products); }, done);
  std::vector<double> radii(static_cast<std::size_t>(rows.count()));
  const auto settle = [&](std::int64_t run) {
    const std::int64_t end = std::min((run + 1) * kRowsOfTask, rows.count());
    for (std::int64_t row = run * kRowsOfTask; row < end; ++row)
      radii[static_cast<std::size_t>(row)] = radius_among(rows, candidates, row, options.k);
  };
  run_tasks((rows.count() + kRowsOfTask - 1) / kRowsOfTask, options.threads, settle,
            [&](std::int64_t) { done(rows.count()); });
  return radii;
}

}  // namespace

std::vector<double> neighbour_radii(const RoundedRows& rows, const ManifoldOptions& options,
                                    const std::function<void(std::int64_t rows)>& done) {
  const bool all_again = options.k > kMostNearest;
  std::vector<double> radii = all_again ? std::vector<double>(static_cast<std::size_t>(rows.count()), -1)
                                        : radii_by_candidates(rows, options, done);
  std::vector<std::int64_t> open;
  for (std::int64_t row = 0; row < rows.count(); ++row)
    if (radii[static_cast<std::size_t>(row)] < 0) open.push_back(row);
  measure_again(rows, open, options.k, radii,
                [&](std::int64_t measured) { done(all_again ? measured : rows.count()); });
  return radii;
}

}  // namespace gdd
