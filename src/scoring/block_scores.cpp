#include "scoring/block_scores.h"

#include <algorithm>

#include "base/joined.h"
#include "base/printable.h"
#include "base/progress.h"
#include "gdd/error.h"
#include "gdd/metrics/jackknife.h"
#include "gdd/metrics/kernel.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

std::vector<BlockScore> fid_blocks(const Side& sample, const Side& reference, const DistanceOptions& options,
                                   Report& report) {
  const FrechetResult whole = frechet_of(sample, reference, options);
  for (const std::string& warning : whole.warnings) report.warnings.push_back("fid: " + warning);
  const FrechetReference& kept = options.kept->of(reference.statistics.value());
  return {{"fid", true, whole.distance,
           frechet_without_blocks(sample.blocks.value(), kept, told(options, "fid", "distances"))}};
}

std::vector<BlockScore> kid_blocks(const Side& sample, const Side& reference,
                                   const DistanceOptions& options) {
  KernelBlocks blocks =
      kernel_without_blocks(sample.exact_view(), reference.exact_view(), told(options, "kid", "blocks"));
  return {{"kid", true, blocks.value, std::move(blocks.without)}};
}

std::vector<float> rows_without(FeaturesF32 rows, std::int64_t block) {
  const auto* const first = rows.data + jackknife_start(rows.rows, block) * rows.columns;
  const auto* const end = rows.data + jackknife_start(rows.rows, block + 1) * rows.columns;
  std::vector<float> rest(rows.data, first);
  rest.insert(rest.end(), end, rows.data + rows.rows * rows.columns);
  return rest;
}

// Of some rows, without blocks yet. The density before it is cut at 1 and the share before it is calibrated:
// both ends where the reference's own rows are, and there blocks tell nothing.
std::vector<BlockScore> clipped_scores_of(FeaturesF32 rows, const Side& reference,
                                          const DistanceOptions& options) {
  const ClippedScores found = measure_clipped(rows, reference.feature_view(), options);
  return {{"relative_density", false, found.relative_density, {}},
          {"covered_share", false, found.covered_share, {}}};
}

std::vector<BlockScore> manifold_scores_of(FeaturesF32 rows, bool prdc, const Side& reference,
                                           const DistanceOptions& options) {
  const ManifoldScores found = measure_manifolds(rows, reference.feature_view(), prdc, options);
  std::vector<BlockScore> scores{{"precision", false, found.precision, {}},
                                 {"recall", false, found.recall, {}}};
  if (!prdc) return scores;
  scores.push_back({"density", false, found.density, {}});
  scores.push_back({"coverage", false, found.coverage, {}});
  return scores;
}

// Of pr, prdc or clipped.
std::vector<BlockScore> neighbour_blocks(const std::string& metric, const Side& sample, const Side& reference,
                                         const DistanceOptions& options) {
  const auto scores_of = [&](FeaturesF32 rows) {
    return metric == "clipped" ? clipped_scores_of(rows, reference, options)
                               : manifold_scores_of(rows, metric == "prdc", reference, options);
  };
  std::vector<BlockScore> scores = scores_of(sample.feature_view());
  const Progress progress = told(options, metric.c_str(), "blocks");
  for (std::int64_t block = 0; block < kJackknifeBlocks; ++block) {
    const std::vector<float> rest = rows_without(sample.feature_view(), block);
    const FeaturesF32 rows{rest.data(), std::ssize(rest) / sample.feature_dim, sample.feature_dim};
    const std::vector<BlockScore> left = scores_of(rows);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i].without.push_back(left[i].value);
    progress(block + 1, kJackknifeBlocks);
  }
  return scores;
}

}  // namespace

std::vector<BlockScore> score_blocks(const std::string& metric, const Side& sample, const Side& reference,
                                     const DistanceOptions& options, Report& report) {
  if (metric == "fid") return fid_blocks(sample, reference, options, report);
  if (metric == "kid") return kid_blocks(sample, reference, options);
  expect_comparable(metric);
  return neighbour_blocks(metric, sample, reference, options);
}

const std::vector<std::string>& comparable_metrics() {
  static const std::vector<std::string> kComparable{"fid", "kid", "pr", "prdc", "clipped"};
  return kComparable;
}

void expect_comparable(const std::string& metric) {
  if (std::ranges::count(comparable_metrics(), metric) > 0) return;
  const std::string why = metric == "mind" ? "it pairs as many rows of both sides, so that without a block "
                                             "it is of other rows of the reference"
                          : metric == "authpct"
                              ? "it is of a training set, and a comparison has a reference alone"
                              : "a comparison knows no interval of it";
  throw Error::usage("--metrics", gdd::quoted(metric) + " cannot be compared: " + why,
                     "known: " + joined(comparable_metrics()));
}

}  // namespace gdd
