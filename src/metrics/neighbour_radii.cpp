#include "metrics/neighbour_radii.h"

#include <algorithm>
#include <mutex>
#include <span>

#include "base/tasks.h"
#include "metrics/exact_distance.h"
#include "metrics/row_blocks.h"
#include "metrics/whole_rows.h"

namespace gdd {
namespace {

constexpr std::int64_t kMostNearest = 256;  // a larger k is for whole rows of distances
constexpr std::int64_t kRowsOfTask = 256;   // whose candidates are settled by one task

// `radius` is of rows times their scale.
bool holds(const DistanceRows& distances, std::int64_t i, std::int64_t other, double radius, double scale) {
  const double distance = distances.distance(i, other) * scale, slack = distances.rounding(i, other) * scale;
  if (distance - slack > radius) return false;
  return distance + slack < radius || distances.exact(i, other) * scale <= radius;
}

}  // namespace

Neighbourhoods::Neighbourhoods(const RoundedRows& rows, const ManifoldOptions& options,
                               const std::function<void(std::int64_t rows)>& done)
    : rows_(rows),
      k_(options.k),
      threads_(options.threads),
      radii_(static_cast<std::size_t>(rows.count()), -1) {
  const std::int64_t count = rows.count();
  if (k_ <= kMostNearest) {
    candidates_.emplace(rows, rows, k_ + kSpareCandidates);
    const auto take = [&](const BlockPair& block, const float* products) {
      candidates_->take(block, products);
    };
    for_each_block(rows, rows, options, take, done);
    for_rows([&](std::int64_t row) { radii_[static_cast<std::size_t>(row)] = radius_among(row); },
             [&](std::int64_t) { done(count); });
  }
  std::vector<std::int64_t> open;
  for (std::int64_t row = 0; row < count; ++row)
    if (radii_[static_cast<std::size_t>(row)] < 0) open.push_back(row);
  // In float64, where the row itself has rank 0.
  for_whole_rows(
      rows.original(), open, rows.original(),
      [&](std::int64_t row, const DistanceRows& distances, std::int64_t i) {
        radii_[static_cast<std::size_t>(row)] = distances.exact_of_rank(i, k_) * rows.squared_scale();
      },
      [&](std::int64_t measured) { done(candidates_ ? count : measured); });
}

// The k-th smallest exact distance, if no row outside the candidates can be nearer; else a negative number.
double Neighbourhoods::radius_among(std::int64_t row) {
  const FeaturesF32 set = rows_.original();
  const auto slack = static_cast<double>(rows_.slack(row));
  std::vector<double> nearest;  // the k nearest so far, ascending
  for (const auto& [least, other] : candidates_->sorted(row)) {
    if (std::ssize(nearest) == k_ && nearest.back() <= static_cast<double>(least) - slack) break;
    const double exact = exact_distance(set.row(row), set.row(other)) * rows_.squared_scale();
    nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), exact), exact);
    if (std::ssize(nearest) > k_) nearest.pop_back();
  }
  if (std::ssize(nearest) < k_) return -1;  // products were no numbers
  const double radius = nearest.back();
  return radius == 0 || radius <= candidates_->beyond(row) ? radius : -1;
}

// On several threads.
void Neighbourhoods::for_rows(const std::function<void(std::int64_t row)>& settle,
                              const std::function<void(std::int64_t finished)>& done) {
  const auto settle_run = [&](std::int64_t run) {
    const std::int64_t end = std::min((run + 1) * kRowsOfTask, rows_.count());
    for (std::int64_t row = run * kRowsOfTask; row < end; ++row) settle(row);
  };
  run_tasks((rows_.count() + kRowsOfTask - 1) / kRowsOfTask, threads_, settle_run, done);
}

// The other rows in the ball of that radius around `row`. False: rows outside the candidates can be in it.
bool Neighbourhoods::add_members(std::int64_t row, double radius, std::vector<std::int32_t>& members) {
  if (!candidates_ || !(radius < candidates_->beyond(row))) return false;
  const std::span<const Candidate> candidates = candidates_->sorted(row);
  if (std::ssize(candidates) < k_) return false;  // products were no numbers
  const FeaturesF32 set = rows_.original();
  const auto slack = static_cast<double>(rows_.slack(row));
  for (const auto& [least, other] : candidates) {
    if (static_cast<double>(least) - slack > radius) break;
    if (exact_distance(set.row(row), set.row(other)) * rows_.squared_scale() <= radius)
      members.push_back(other);
  }
  return true;
}

std::vector<std::int64_t> Neighbourhoods::balls_around(const std::vector<double>& radii) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(rows_.count())), open;
  std::mutex mutex;
  for_rows([&](std::int64_t row) {
    std::vector<std::int32_t> members;
    const bool all = add_members(row, radii[static_cast<std::size_t>(row)], members);
    const std::lock_guard lock(mutex);
    if (!all) open.push_back(row);
    for (const std::int32_t member : members) ++counts[static_cast<std::size_t>(member)];
  });
  const double scale = rows_.squared_scale();
  for_whole_rows(
      rows_.original(), open, rows_.original(),
      [&](std::int64_t row, const DistanceRows& distances, std::int64_t i) {
        const double radius = radii[static_cast<std::size_t>(row)];
        for (std::int64_t other = 0; other < rows_.count(); ++other)
          if (other != row && holds(distances, i, other, radius, scale))
            ++counts[static_cast<std::size_t>(other)];
      },
      [](std::int64_t) {});
  return counts;
}

std::vector<double> neighbour_radii(const RoundedRows& rows, const ManifoldOptions& options,
                                    const std::function<void(std::int64_t rows)>& done) {
  return Neighbourhoods(rows, options, done).radii();
}

}  // namespace gdd
