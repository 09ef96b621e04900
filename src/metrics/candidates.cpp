#include "metrics/candidates.h"

#include <algorithm>
#include <limits>

namespace gdd {
namespace {

constexpr std::int64_t kLockRows = 256;

bool is_nearer(const Candidate& a, const Candidate& b) { return a.least < b.least; }

}  // namespace

Candidates::Candidates(const RoundedRows& from, const RoundedRows& to, std::int64_t wanted)
    : from_(from),
      to_(to),
      symmetric_(&from == &to),
      wanted_(wanted),
      least_norms_(static_cast<std::size_t>(to.count())),
      bounds_(static_cast<std::size_t>(from.count()), std::numeric_limits<float>::infinity()),
      counts_(static_cast<std::size_t>(from.count())),
      lists_(static_cast<std::size_t>(from.count() * 2 * wanted)),
      locks_(static_cast<std::size_t>(from.count() / kLockRows + 1)) {
  for (std::int64_t i = 0; i < to.count(); ++i)
    least_norms_[static_cast<std::size_t>(i)] = to.norm(i) - to.slack(i);
}

void Candidates::take(const BlockPair& block, const float* products) {
  const auto held = lock(block);
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const std::int64_t row = block.row + i;
    const std::int64_t first = symmetric_ ? std::max(row + 1, block.column) : block.column,
                       end = block.column + block.columns;
    const float* const line = products + i * block.columns - block.column;
    for (std::int64_t strip = first; strip < end; strip += kStrip)
      take_strip(row, strip, std::min(strip + kStrip, end), line);
  }
}

std::span<const Candidate> Candidates::sorted(std::int64_t row) {
  const std::span<Candidate> list = of(row);
  std::sort(list.begin(), list.end(), is_nearer);
  return list;
}

// Those of the rows of a block, and of its columns where they are rows too, in ascending order.
std::vector<std::unique_lock<std::mutex>> Candidates::lock(const BlockPair& block) {
  std::vector<std::unique_lock<std::mutex>> held;
  std::int64_t next = 0;
  const auto take_locks = [&](std::int64_t first, std::int64_t count) {
    for (next = std::max(next, first / kLockRows); next <= (first + count - 1) / kLockRows; ++next)
      held.emplace_back(locks_[static_cast<std::size_t>(next)]);
  };
  take_locks(block.row, block.rows);
  if (symmetric_) take_locks(block.column, block.columns);
  return held;
}

// Most strips hold nothing for anybody, which both of these find without a branch a pair.
bool Candidates::strip_matters(std::int64_t row, std::int64_t first, std::int64_t end,
                               const float* line) const {
  const float norm = from_.norm(row), bound = bounds_[static_cast<std::size_t>(row)];
  const float* least_norms = least_norms_.data();
  int matters = 0;
  for (std::int64_t j = first; j < end; ++j)
    matters |= static_cast<int>(norm + least_norms[j] - 2 * line[j] < bound);
  return matters != 0;
}

bool Candidates::strip_matters_to_either(std::int64_t row, std::int64_t first, std::int64_t end,
                                         const float* line) const {
  const float norm = from_.norm(row), least_norm = least_norms_[static_cast<std::size_t>(row)],
              bound = bounds_[static_cast<std::size_t>(row)];
  const float *norms = from_.norms(), *least_norms = least_norms_.data(), *bounds = bounds_.data();
  int matters = 0;
  for (std::int64_t j = first; j < end; ++j) {
    const float twice = 2 * line[j];
    matters |= static_cast<int>(norm + least_norms[j] - twice < bound) |
               static_cast<int>(norms[j] + least_norm - twice < bounds[j]);
  }
  return matters != 0;
}

void Candidates::take_strip(std::int64_t row, std::int64_t first, std::int64_t end, const float* line) {
  if (!(symmetric_ ? strip_matters_to_either(row, first, end, line) : strip_matters(row, first, end, line)))
    return;
  const auto offer = [this](std::int64_t of, float norm, std::int64_t other, float product) {
    const float least = norm + least_norms_[static_cast<std::size_t>(other)] - 2 * product;
    if (least < bounds_[static_cast<std::size_t>(of)]) keep(of, other, least);
  };
  for (std::int64_t column = first; column < end; ++column) {
    offer(row, from_.norm(row), column, line[column]);
    if (symmetric_) offer(column, to_.norm(column), row, line[column]);
  }
}

void Candidates::keep(std::int64_t row, std::int64_t other, float least) {
  std::int32_t& count = counts_[static_cast<std::size_t>(row)];
  lists_[static_cast<std::size_t>(row * 2 * wanted_ + count++)] = {least, static_cast<std::int32_t>(other)};
  if (count < 2 * wanted_) return;
  const std::span<Candidate> list = of(row);
  const auto last = list.begin() + (wanted_ - 1);
  std::nth_element(list.begin(), last, list.end(), is_nearer);
  bounds_[static_cast<std::size_t>(row)] = last->least;
  count = static_cast<std::int32_t>(wanted_);
}

}  // namespace gdd
