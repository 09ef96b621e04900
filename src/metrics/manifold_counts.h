// Which points lie inside whose balls, counted pair by pair: what all four scores of two manifolds are made
// of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gdd/metrics/manifold.h"

namespace gdd {

class ManifoldCounts {
 public:
  ManifoldCounts(std::int64_t samples, std::int64_t references)
      : balls_(static_cast<std::size_t>(samples)),
        recalled_(static_cast<std::size_t>(references)),
        covered_(static_cast<std::size_t>(references)) {}

  void in_reference_ball(std::int64_t sample, std::int64_t reference) {
    ++balls_[static_cast<std::size_t>(sample)];
    covered_[static_cast<std::size_t>(reference)] = 1;
  }
  void in_sample_ball(std::int64_t reference) { recalled_[static_cast<std::size_t>(reference)] = 1; }

  // What was counted of a block of pairs, which begins at this sample and reference.
  void add(const ManifoldCounts& block, std::int64_t sample, std::int64_t reference) {
    for (std::size_t i = 0; i < block.balls_.size(); ++i)
      balls_[static_cast<std::size_t>(sample) + i] += block.balls_[i];
    for (std::size_t j = 0; j < block.recalled_.size(); ++j) {
      if (block.recalled_[j]) recalled_[static_cast<std::size_t>(reference) + j] = 1;
      if (block.covered_[j]) covered_[static_cast<std::size_t>(reference) + j] = 1;
    }
  }

  ManifoldScores scores(std::int64_t k) const {
    const auto share = [](const std::vector<char>& flags) {
      return static_cast<double>(std::count(flags.begin(), flags.end(), 1)) /
             static_cast<double>(flags.size());
    };
    const auto samples = static_cast<double>(balls_.size());
    double inside = 0, balls = 0;
    for (const std::int64_t count : balls_) {
      inside += count > 0 ? 1 : 0;
      balls += static_cast<double>(count);
    }
    return {inside / samples, share(recalled_), balls / (static_cast<double>(k) * samples), share(covered_)};
  }

 private:
  std::vector<std::int64_t> balls_;  // of references, that hold this sample
  std::vector<char> recalled_,
      covered_;  // this reference by a sample's ball; this reference's ball, by a sample
};

}  // namespace gdd
