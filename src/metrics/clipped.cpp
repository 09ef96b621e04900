#include "gdd/metrics/clipped.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/near_pairs.h"
#include "metrics/neighbour_radii.h"
#include "metrics/rounded_rows.h"
#include "metrics/row_blocks.h"

namespace gdd {
namespace {

void check(FeaturesF32 sample, FeaturesF32 reference, std::int64_t k) {
  check_same_dim(sample.columns, reference.columns);
  const std::int64_t fewest = std::min(sample.rows, reference.rows);
  if (k < 1 || k >= fewest)
    throw Error::usage("--k", "expected 1 to " + std::to_string(fewest - 1) + " for sets of " +
                                  std::to_string(sample.rows) + " and " + std::to_string(reference.rows) +
                                  ", found " + std::to_string(k));
}

// Of distances, whose squares are given and wanted: the mean of two in the middle is not that of their
// squares.
double median(std::vector<double> squares) {
  const auto middle = squares.begin() + std::ssize(squares) / 2;
  std::nth_element(squares.begin(), middle, squares.end());
  if (squares.size() % 2 == 1) return *middle;
  const double below = *std::max_element(squares.begin(), middle);
  if (below == *middle) return below;
  const double mean = (std::sqrt(below) + std::sqrt(*middle)) / 2;
  return mean * mean;
}

// Squared radii around the rows of the reference.
struct Radii {
  explicit Radii(std::vector<double> unclipped) : whole(std::move(unclipped)), clipped(whole) {
    const double largest = median(whole);
    for (double& radius : clipped) radius = std::min(radius, largest);
  }
  std::vector<double> whole, clipped;
};

struct Counts {
  Counts(std::int64_t samples, std::int64_t references)
      : around(static_cast<std::size_t>(samples)), inside(static_cast<std::size_t>(references)) {}

  // Of a block that begins at this sample and reference.
  void add(const Counts& block, std::int64_t sample, std::int64_t reference) {
    const auto add_to = [](std::vector<std::int64_t>& all, const std::vector<std::int64_t>& some,
                           std::int64_t first) {
      std::transform(some.begin(), some.end(), all.begin() + first, all.begin() + first, std::plus<>());
    };
    add_to(around, block.around, sample);
    add_to(inside, block.inside, reference);
  }

  std::vector<std::int64_t> around;  // of each sample: clipped balls that hold it
  std::vector<std::int64_t> inside;  // of each reference: samples inside its whole ball
};

Counts count_block(const NearRows& sample, const NearRows& reference, const Radii& radii,
                   const BlockPair& block, const float* products) {
  Counts counts(block.rows, block.columns);
  const double* const clipped = radii.clipped.data() + block.column;
  const double* const whole = radii.whole.data() + block.column;
  const auto settle = [&](std::int64_t i, std::int64_t j, double distance, double slack) {
    const Inside of_clipped = judge(distance, slack, clipped[j], false);
    const Inside of_whole = judge(distance, slack, whole[j], true);
    if (of_clipped == Inside::kOpen || of_whole == Inside::kOpen) return false;
    if (of_clipped == Inside::kYes) ++counts.around[static_cast<std::size_t>(i)];
    if (of_whole == Inside::kYes) ++counts.inside[static_cast<std::size_t>(j)];
    return true;
  };
  NearPairs(sample, reference, block, settle).visit(products);
  return counts;
}

Counts count_pairs(const RoundedRows& samples, const RoundedRows& references, const Radii& radii,
                   const ManifoldOptions& options, const std::function<void(std::int64_t rows)>& done) {
  const NearRows sample(samples), reference(references, radii.whole);
  Counts counts(samples.count(), references.count());
  sum_over_blocks(samples, references, options, done, counts,
                  [&](const BlockPair& block, const float* products) {
                    return count_block(sample, reference, radii, block, products);
                  });
  return counts;
}

// The mean of counts that are cut at k, over k.
double mean_share(const std::vector<std::int64_t>& counts, std::int64_t k) {
  const std::int64_t sum =
      std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                      [k](std::int64_t all, std::int64_t count) { return all + std::min(count, k); });
  return static_cast<double>(sum) / (static_cast<double>(k) * static_cast<double>(counts.size()));
}

// f(m) for m = 0, 1, ... in turn: how many of m rows are nearer than the k-th of N others is a beta-binomial
// number J with a = k and b = N - k, and min(J, k) = k less what J lacks of k.
class ExpectedCoverage {
 public:
  ExpectedCoverage(std::int64_t num_reference, std::int64_t k)
      : a_(static_cast<double>(k)), b_(static_cast<double>(num_reference - k)), k_(k) {}

  double value() const {
    if (m_ < k_) return 0;
    double probability = none_, lacking = 0;
    const auto m = static_cast<double>(m_);
    for (std::int64_t i = 0; i < k_; ++i) {
      const auto j = static_cast<double>(i);
      lacking += (a_ - j) * probability;
      probability *= (m - j) / (j + 1) * (a_ + j) / (b_ + m - j - 1);  // P(J = i + 1) of P(J = i)
    }
    return 1 - lacking / a_;
  }
  void advance() {
    const auto m = static_cast<double>(m_++);
    none_ *= (b_ + m) / (a_ + b_ + m);
  }

 private:
  double a_, b_;
  std::int64_t k_, m_ = 0;
  double none_ = 1;  // P(J = 0)
};

// Where `share` stands among f(0), ..., f(M), which do not fall.
double calibrate(double share, std::int64_t num_samples, std::int64_t num_reference, std::int64_t k) {
  ExpectedCoverage expected(num_reference, k);
  std::int64_t less = 0;
  for (; less <= num_samples && expected.value() < share; ++less) expected.advance();
  return static_cast<double>(less) / static_cast<double>(num_samples + 1);
}

}  // namespace

double expected_coverage(std::int64_t m, std::int64_t num_reference, std::int64_t k) {
  ExpectedCoverage expected(num_reference, k);
  for (std::int64_t i = 0; i < m; ++i) expected.advance();
  return expected.value();
}

ClippedScores clipped_scores(FeaturesF32 sample, FeaturesF32 reference, const ClippedOptions& options) {
  check(sample, reference, options.k);
  const auto done = [&](std::int64_t rows) {
    if (options.progress) options.progress(rows, sample.rows + reference.rows);
  };
  const ManifoldOptions pairs{.k = options.k, .threads = options.threads, .products = options.products};
  const Frame frame = choose_frame(sample, reference);
  const RoundedRows references(reference, frame), samples(sample, frame);
  Neighbourhoods neighbourhoods(references, pairs, done);
  const Radii radii(neighbourhoods.radii());
  const std::vector<std::int64_t> around_reference = neighbourhoods.balls_around(radii.clipped);
  const Counts counts =
      count_pairs(samples, references, radii, pairs, [&](std::int64_t rows) { done(reference.rows + rows); });
  ClippedScores scores;
  scores.relative_density = mean_share(counts.around, options.k) / mean_share(around_reference, options.k);
  scores.density = std::min(scores.relative_density, 1.0);
  scores.covered_share = mean_share(counts.inside, options.k);
  scores.coverage = calibrate(scores.covered_share, sample.rows, reference.rows, options.k);
  return scores;
}

}  // namespace gdd
