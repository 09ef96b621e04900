// For every row of a set the few rows of another, or of the same, that may be nearest to it.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "metrics/rounded_rows.h"
#include "metrics/row_blocks.h"

namespace gdd {

// Neighbours kept beyond those wanted, among which rounding may have them.
inline constexpr std::int64_t kSpareCandidates = 12;

// The least a squared distance from a row can be, as far as float32 tells: less the other row's slack, so
// that candidates compare by what they can be at best; the row's own slack is the same for all of them.
struct Candidate {
  float least;
  std::int32_t row;
};

// Gathered while blocks of products pass: up to twice as many as are wanted, until half of them are thrown
// away at once. Of a set with itself a row is no candidate of its own.
class Candidates {
 public:
  // For each row of `from`, `wanted` of `to`, and some more. Both live longer.
  Candidates(const RoundedRows& from, const RoundedRows& to, std::int64_t wanted);

  // Of for_each_block(from, to): of a set with itself each pair serves both of its rows. From several
  // threads.
  void take(const BlockPair& block, const float* products);

  // Those of a row, the least first. Once all blocks are taken; of different rows from several threads.
  std::span<const Candidate> sorted(std::int64_t row);
  // Every row that is not among the candidates of `row` is at least so far from it.
  double beyond(std::int64_t row) const {
    return static_cast<double>(bounds_[static_cast<std::size_t>(row)]) -
           static_cast<double>(from_.slack(row));
  }

 private:
  std::vector<std::unique_lock<std::mutex>> lock(const BlockPair& block);
  bool strip_matters(std::int64_t row, std::int64_t first, std::int64_t end, const float* line) const;
  bool strip_matters_to_either(std::int64_t row, std::int64_t first, std::int64_t end,
                               const float* line) const;
  void take_strip(std::int64_t row, std::int64_t first, std::int64_t end, const float* line);
  void keep(std::int64_t row, std::int64_t other, float least);
  std::span<Candidate> of(std::int64_t row) {
    return {lists_.data() + row * 2 * wanted_,
            static_cast<std::size_t>(counts_[static_cast<std::size_t>(row)])};
  }

  const RoundedRows &from_, &to_;
  bool symmetric_;
  std::int64_t wanted_;
  std::vector<float> least_norms_;    // norm - slack, of `to`
  std::vector<float> bounds_;         // what was left out of a row's list is no less
  std::vector<std::int32_t> counts_;  // of a row's list
  std::vector<Candidate> lists_;      // [N, 2 wanted]
  std::vector<std::mutex> locks_;     // one for several rows
};

}  // namespace gdd
