#include "gdd/metrics/inception_score.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/numpy_random.h"
#include "base/tasks.h"
#include "gdd/error.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

// A softmax in float16 adds up to 1 this well.
constexpr double kSumTolerance = 1e-2;

bool is_probable(double p) { return p >= 0 && std::isfinite(p); }

bool is_distribution(std::span<const double> row) {
  return std::all_of(row.begin(), row.end(), is_probable) &&
         std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1) <= kSumTolerance;
}

[[noreturn]] void refuse(std::span<const double> row, std::int64_t number) {
  const std::string where = "probabilities: row " + std::to_string(number);
  const auto bad = std::find_if_not(row.begin(), row.end(), is_probable);
  if (bad != row.end())
    throw Error(where + ", column " + std::to_string(bad - row.begin()),
                "expected a number of at least 0, found " + std::to_string(*bad));
  throw Error(where,
              "expected numbers that add up to 1, found a sum of " +
                  std::to_string(std::accumulate(row.begin(), row.end(), 0.0)),
              "give probabilities, not logits");
}

// On several threads; of several rows that are refused the first is named.
void check(FeaturesF64 probabilities) {
  if (probabilities.rows < 1 || probabilities.columns < 1)
    throw Error("probabilities", "expected at least one row, found none");
  constexpr std::int64_t kRowsOfTask = 512;
  const std::int64_t tasks = (probabilities.rows + kRowsOfTask - 1) / kRowsOfTask;
  std::vector<std::int64_t> first_bad(static_cast<std::size_t>(tasks), probabilities.rows);
  run_tasks(tasks, linear::num_threads(), [&](std::int64_t task) {
    const std::int64_t end = std::min((task + 1) * kRowsOfTask, probabilities.rows);
    std::int64_t i = task * kRowsOfTask;
    while (i < end && is_distribution(probabilities.row(i))) ++i;
    if (i < end) first_bad[static_cast<std::size_t>(task)] = i;
  });
  const std::int64_t bad = *std::min_element(first_bad.begin(), first_bad.end());
  if (bad < probabilities.rows) refuse(probabilities.row(bad), bad);
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

// Of groups of rows, several at once.
InceptionScore score_groups(FeaturesF64 probabilities,
                            const std::vector<std::span<const std::int64_t>>& groups) {
  std::vector<double> scores(groups.size());
  run_tasks(std::ssize(groups), linear::num_threads(), [&](std::int64_t number) {
    const auto i = static_cast<std::size_t>(number);
    scores[i] = score_of(probabilities, groups[i]);
  });
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
  std::vector<std::span<const std::int64_t>> groups;
  for (std::size_t first = 0; first < rows.size(); first += static_cast<std::size_t>(split_size))
    groups.push_back(
        rows.subspan(first, std::min(static_cast<std::size_t>(split_size), rows.size() - first)));
  return score_groups(probabilities, groups);
}

InceptionScore inception_score_shuffled(FeaturesF64 probabilities, std::int64_t splits, std::uint32_t seed) {
  check(probabilities);
  if (splits < 1 || splits > probabilities.rows)
    throw Error::usage("splits", "expected 1 to " + std::to_string(probabilities.rows) + ", found " +
                                     std::to_string(splits));
  const std::vector<std::int64_t> order = NumpyRandomState(seed).permutation(probabilities.rows);
  std::vector<std::span<const std::int64_t>> groups;
  for (std::int64_t i = 0; i < splits; ++i) {
    const std::int64_t first = i * probabilities.rows / splits, last = (i + 1) * probabilities.rows / splits;
    groups.emplace_back(order.data() + first, static_cast<std::size_t>(last - first));
  }
  return score_groups(probabilities, groups);
}

}  // namespace gdd
