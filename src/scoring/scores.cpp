#include "scoring/scores.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "base/number_text.h"
#include "base/progress.h"
#include "detectors/protocol.h"
#include "gdd/metrics/authpct.h"
#include "gdd/metrics/clipped.h"
#include "gdd/metrics/frechet_infinity.h"
#include "gdd/metrics/jackknife.h"
#include "gdd/metrics/kernel.h"
#include "gdd/metrics/mind.h"
#include "random/cpu_numbers.h"
#include "scoring/device_products.h"

namespace gdd {
namespace {

Score& add_score(const char* name, double value, const Side& sample, const DistanceOptions& options,
                 Report& report) {
  Score& score = report.scores.emplace_back();
  score.name = name;
  score.value = value;
  score.protocol = options.protocol;
  score.num_samples = sample.num_samples;
  return score;
}

void add_frechet(const char* name, const FrechetResult& result, const Side& sample,
                 const DistanceOptions& options, Report& report) {
  add_score(name, result.distance, sample, options, report).notes = {{"route", result.route}};
  for (const std::string& warning : result.warnings)
    report.warnings.push_back(std::string(name) + ": " + warning);
}

bool is_shuffled(const DistanceOptions& options) {
  return find_protocol(options.protocol).splits == InceptionSplits::kShuffled;
}

// How work on all pairs is told of and shared; `products` lives as long as `metric` is at work.
template <class Options>
void look_at_neighbours(const DistanceOptions& options, std::optional<DeviceProducts>& products,
                        Options& metric) {
  metric.progress = told(options, "neighbours", "rows");
  metric.threads = at::get_num_threads();
  if (options.device) metric.products = std::ref(products.emplace(*options.device));
}

// Rows of a set of `many`, as many as the other has; none where both have the same number.
std::vector<std::int64_t> draw_rows(std::int64_t few, std::int64_t many, CpuNumbers& numbers) {
  if (few == many) return {};
  std::vector<std::int64_t> rows = numbers.randperm(many);
  rows.resize(static_cast<std::size_t>(few));
  return rows;
}

const char* distances(const DistanceOptions& options) { return options.float16 ? "float16" : "exact"; }

}  // namespace

Progress told(const DistanceOptions& options, const char* what, const char* unit) {
  Observer* const observer = options.sample.observer;
  return [=](std::int64_t done, std::int64_t total) {
    if (observer->stop()) throw Stopped();
    observer->progress(what, unit, done, total);
  };
}

FrechetResult frechet_of(const Side& sample, const Side& reference, const DistanceOptions& options) {
  if (sample.statistics) return options.kept->of(reference.statistics.value()).distance(*sample.statistics);
  return frechet_distance(sample.exact_view(), reference.exact_view(),
                          reference.statistics ? &*reference.statistics : nullptr);
}

std::int64_t neighbours(const std::string& metric, const DistanceOptions& options) {
  return options.k > 0 ? options.k : metric == "pr" ? 3 : 5;
}

ManifoldScores measure_manifolds(FeaturesF32 sample, FeaturesF32 reference, bool prdc,
                                 const DistanceOptions& options) {
  ManifoldOptions manifold;
  manifold.k = neighbours(prdc ? "prdc" : "pr", options);
  manifold.strict = prdc;
  manifold.float16 = options.float16;
  std::optional<DeviceProducts> products;
  look_at_neighbours(options, products, manifold);
  return manifold_scores(sample, reference, manifold);
}

ClippedScores measure_clipped(FeaturesF32 sample, FeaturesF32 reference, const DistanceOptions& options) {
  ClippedOptions clipped;
  clipped.k = neighbours("clipped", options);
  std::optional<DeviceProducts> products;
  look_at_neighbours(options, products, clipped);
  return clipped_scores(sample, reference, clipped);
}

InceptionScore inception_score_of(const Side& sample, std::int64_t count, const DistanceOptions& options) {
  const FeaturesF64 rows{sample.probabilities.data(), count, sample.probability_dim};
  return is_shuffled(options) ? inception_score_shuffled(rows)
                              : inception_score_blocks(rows, options.split_size);
}

void score_fid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  const FrechetResult result = frechet_of(sample, reference, options);
  add_frechet("fid", result, sample, options, report);
  if (!sample.blocks) return;
  const Confidence confidence =
      frechet_confidence(result.distance, *sample.blocks, options.kept->of(reference.statistics.value()),
                         told(options, "confidence", "distances"));
  Score& score = report.scores.back();
  score.without_block = confidence.without_block;
  score.std = confidence.std_error;
  score.interval = {confidence.low, confidence.high};
  score.notes.emplace_back("interval", "95 %, jackknife over " + std::to_string(kJackknifeBlocks) +
                                           " blocks of the sample, the reference taken as exact");
}

void score_fid_infinity(const Side& sample, const Side& reference, const DistanceOptions& options,
                        Report& report) {
  InfinityOptions infinity = options.infinity;
  infinity.progress = told(options, "fid_infinity", "distances");
  const InfinityResult result =
      frechet_infinity(sample.feature_view(), options.kept->of(reference.statistics.value()), infinity);
  add_score("fid_infinity", result.distance, sample, options, report).notes = {
      {"subsets", std::to_string(result.measured.size()) + " sizes from " +
                      std::to_string(result.measured.front().first) + " to " +
                      std::to_string(result.measured.back().first) + ", seed " +
                      std::to_string(options.infinity.seed)},
      {"slope", std::to_string(result.slope)}};
  for (const std::string& warning : result.warnings) report.warnings.push_back("fid_infinity: " + warning);
}

void score_sfid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  add_frechet("sfid",
              frechet_distance(sample.spatial_statistics.value(), reference.spatial_statistics.value()),
              sample, options, report);
}

void score_kid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  KernelOptions kid = options.kid;
  kid.progress = told(options, "kid", "subsets");
  const KernelResult result = kernel_distance(sample.exact_view(), reference.exact_view(), kid);
  Score& score = add_score("kid", result.mean, sample, options, report);
  score.std = result.std;
  score.notes = {{"subsets", std::to_string(options.kid.subsets) + " of " +
                                 std::to_string(options.kid.subset_size) + ", seed " +
                                 std::to_string(options.kid.seed)}};
}

void score_inception(const Side& sample, const Side&, const DistanceOptions& options, Report& report) {
  const InceptionScore result = inception_score_of(sample, sample.num_samples, options);
  Score& score = add_score("inception_score", result.mean, sample, options, report);
  score.std = result.std;
  score.notes = {{"splits", std::to_string(result.splits) +
                                (is_shuffled(options)
                                     ? " after a shuffle, seed 2020"
                                     : " consecutive blocks of " + std::to_string(options.split_size))}};
}

void score_precision_recall(const Side& sample, const Side& reference, const DistanceOptions& options,
                            Report& report) {
  const std::int64_t k = neighbours("pr", options);
  const ManifoldScores result =
      measure_manifolds(sample.feature_view(), reference.feature_view(), false, options);
  const auto add = [&](const char* name, double value) {
    add_score(name, value, sample, options, report).notes = {
        {"k", std::to_string(k)}, {"boundary", "<="}, {"distances", distances(options)}};
  };
  add("precision", result.precision);
  add("recall", result.recall);
}

void score_prdc(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  const std::int64_t k = neighbours("prdc", options);
  const ManifoldScores result =
      measure_manifolds(sample.feature_view(), reference.feature_view(), true, options);
  const auto add = [&](const char* name, double value) {
    Score& score = add_score(name, value, sample, options, report);
    score.notes = {{"k", std::to_string(k)}, {"boundary", "<"}, {"distances", distances(options)}};
  };
  add("precision", result.precision);
  add("recall", result.recall);
  add("density", result.density);
  add("coverage", result.coverage);
}

void score_clipped(const Side& sample, const Side& reference, const DistanceOptions& options,
                   Report& report) {
  const ClippedScores result = measure_clipped(sample.feature_view(), reference.feature_view(), options);
  const std::string k = std::to_string(neighbours("clipped", options));
  add_score("clipped_density", result.density, sample, options, report).notes = {
      {"k", k}, {"before the cut at 1", number_text("%.6g", result.relative_density)}};
  add_score("clipped_coverage", result.coverage, sample, options, report).notes = {
      {"k", k}, {"before calibration", number_text("%.6g", result.covered_share)}};
}

void score_mind(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  const FeaturesF32 rows = sample.feature_view(), others = reference.feature_view();
  const auto [few, many] = std::minmax(rows.rows, others.rows);
  CpuNumbers numbers(options.mind.seed);
  const std::vector<std::int64_t> chosen = draw_rows(few, many, numbers);
  const std::vector<float> directions = numbers.randn(options.mind.directions, rows.columns);
  MindOptions mind;
  mind.progress = told(options, "mind", "directions");
  mind.threads = at::get_num_threads();
  const double distance =
      mind_distance(rows, others, {{directions.data(), options.mind.directions, rows.columns}, chosen}, mind);
  add_score("mind", distance, sample, options, report).notes = {
      {"directions", std::to_string(options.mind.directions) + ", seed " + std::to_string(options.mind.seed)},
      {"rows", std::to_string(few) + " of each" +
                   (few == many ? "" : ", drawn with that seed of the " + std::to_string(many))}};
}

void score_authpct(const Side& sample, const Side& train, const DistanceOptions& options, Report& report) {
  AuthpctOptions authenticity;
  std::optional<DeviceProducts> products;
  look_at_neighbours(options, products, authenticity);
  const double percentage = authpct(sample.feature_view(), train.feature_view(), authenticity);
  add_score("authpct", percentage, sample, options, report).notes = {
      {"train", std::to_string(train.num_samples) + " rows"}, {"distances", "exact"}};
}

}  // namespace gdd
