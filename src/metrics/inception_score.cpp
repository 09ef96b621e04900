#include "gdd/metrics/inception_score.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/numpy_random.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// A softmax in float16 adds up to 1 this well.
constexpr double kSumTolerance = 1e-2;

void check(FeaturesF64 probabilities) {
  if (probabilities.rows < 1 || probabilities.columns < 1)
    throw Error("probabilities", "expected at least one row, found none");
  for (std::int64_t i = 0; i < probabilities.rows; ++i) {
    const auto row = probabilities.row(i);
    const auto bad =
        std::find_if(row.begin(), row.end(), [](double p) { return !(p >= 0 && std::isfinite(p)); });
    if (bad != row.end())
      throw Error("probabilities: row " + std::to_string(i) + ", column " + std::to_string(bad - row.begin()),
                  "expected a number of at least 0, found " + std::to_string(*bad));
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    if (std::abs(sum - 1) > kSumTolerance)
      throw Error("probabilities: row " + std::to_string(i),
                  "expected numbers that add up to 1, found a sum of " + std::to_string(sum),
                  "give probabilities, not logits");
  }
}

// exp(mean over rows of KL(p | mean p)).
double score_of(FeaturesF64 probabilities, std::span<const std::int64_t> rows) {
  std::vector<double> marginal(static_cast<std::size_t>(probabilities.columns));
  for (const std::int64_t i : rows)
    for (std::size_t c = 0; c < marginal.size(); ++c) marginal[c] += probabilities.row(i)[c];
  for (double& p : marginal) p = std::log(p / static_cast<double>(rows.size()));
  double divergence = 0;
  for (const std::int64_t i : rows) {
    const auto row = probabilities.row(i);
    for (std::size_t c = 0; c < marginal.size(); ++c)
      if (row[c] > 0) divergence += row[c] * (std::log(row[c]) - marginal[c]);
  }
  return std::exp(divergence / static_cast<double>(rows.size()));
}

InceptionScore summarise(const std::vector<double>& scores) {
  const auto count = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
  double squares = 0;
  for (const double score : scores) squares += (score - mean) * (score - mean);
  return {mean, std::sqrt(squares / count), static_cast<std::int64_t>(scores.size())};
}

}  // namespace

InceptionScore inception_score_blocks(FeaturesF64 probabilities, std::int64_t split_size) {
  check(probabilities);
  if (split_size < 1)
    throw Error::usage("--split-size", "expected at least 1, found " + std::to_string(split_size));
  std::vector<std::int64_t> order(static_cast<std::size_t>(probabilities.rows));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const std::span<const std::int64_t> rows(order);
  std::vector<double> scores;
  for (std::size_t first = 0; first < rows.size(); first += static_cast<std::size_t>(split_size))
    scores.push_back(
        score_of(probabilities,
                 rows.subspan(first, std::min(static_cast<std::size_t>(split_size), rows.size() - first))));
  return summarise(scores);
}

InceptionScore inception_score_shuffled(FeaturesF64 probabilities, std::int64_t splits, std::uint32_t seed) {
  check(probabilities);
  if (splits < 1 || splits > probabilities.rows)
    throw Error::usage("splits", "expected 1 to " + std::to_string(probabilities.rows) + ", found " +
                                     std::to_string(splits));
  const std::vector<std::int64_t> order = NumpyRandomState(seed).permutation(probabilities.rows);
  std::vector<double> scores;
  for (std::int64_t i = 0; i < splits; ++i) {
    const std::int64_t first = i * probabilities.rows / splits, last = (i + 1) * probabilities.rows / splits;
    scores.push_back(score_of(probabilities, {order.data() + first, static_cast<std::size_t>(last - first)}));
  }
  return summarise(scores);
}

}  // namespace gdd
