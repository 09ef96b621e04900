#include "measurement/measure_side.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/memory_budget.h"
#include "base/sha256.h"
#include "batches/stored_batches.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "measurement/collector.h"
#include "measurement/feature_parts.h"
#include "measurement/load_reference.h"
#include "measurement/part_rows.h"

namespace gdd {
namespace {

constexpr double kDouble = sizeof(double);

// Matrices [D, D] of float64 that are held at once: the sum of products, its copy with the last rows, and the
// result; for the jackknife half a matrix for each of its blocks and the sums of one more.
constexpr double kStatisticsMatrices = 3, kJackknifeMatrices = kJackknifeBlocks / 2.0 + 3;

double square(std::int64_t dim) { return static_cast<double>(dim) * static_cast<double>(dim) * kDouble; }

// Ranks go on together, with the same images, detector and flags. Without it they would wait for each other
// for ever.
void agree(WorkShare& share, const std::string& images, const RunSettings& settings) {
  const std::string mine = settings_text(settings);
  if (share.tell_all(mine) != mine)
    throw Error(images, share.name() + " finds other images, another detector or other flags than rank 0",
                "give all ranks the same files and the same environment");
}

// Of rows that are an array's.
Labels array_labels(const FeatureInput& input, const Selection& selection) {
  const Labels all = input.labels();
  const std::int64_t rows = std::ssize(all.classes);
  return selection.num > 0 && rows > 0 ? all.of(select_subset(rows, selection.num, selection.seed)) : all;
}

// Nothing: this process does not lead, and its parts are all that it gives.
std::optional<ExtractSummary> collect_stored(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  const ImageSource& source = *input.images();
  StoredImages images(source, choose_images(source, options.selection, *options.observer));
  collector.name_images(images.chosen());
  const std::int64_t count = images.size();
  collector.expect_rows(count);
  if (!options.cache.empty()) {
    const std::unique_ptr<WorkShare> alone = work_alone();
    WorkShare& share = options.share ? *options.share : *alone;
    const FeatureParts kept = open_stored_parts(source, images, detector, options);
    PartRows rows(kept, request, options.rows_meanwhile, collector);
    measure_parts(images, {&kept}, options.extract, kept.path(0), share, *options.observer, [&] {
      if (share.leads()) rows.advance();
    });
    if (!share.leads()) return std::nullopt;
    return rows.finish(input, count, *options.observer);
  }
  ExtractOptions extract = options.extract;
  extract.request.spatial = request.spatial_statistics;
  extract.request.probabilities = request.probabilities;
  const ExtractSummary summary = extract_features(images, 0, count, detector, extract, *options.observer,
                                                  [&](const FeatureBlock& block) { collector.add(block); });
  warn_about_images(summary, source.path(), *options.observer);
  return summary;
}

// The same of images from seeds. Sets of features for several protocols are made in one pass.
std::optional<ExtractSummary> collect_seeded(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  const SeededImages& seeded = *options.seeded;
  const std::unique_ptr<WorkShare> alone = work_alone();
  WorkShare& share = options.share ? *options.share : *alone;
  std::vector<const FeatureParts*> all;
  const FeatureParts* own = nullptr;
  for (const std::string& protocol : seeded.protocols) {
    const RunSettings settings = feature_settings(detector, protocol, options.extract.batch, seeded.plan);
    agree(share, input.spec(), settings);
    all.push_back(
        &seeded.sets->open(input.path(), seeded.folder, settings, seeded.images->size(), detector, protocol));
    if (protocol == options.extract.request.protocol) own = all.back();
  }
  if (!own)
    throw Error(input.spec(),
                "protocol " + options.extract.request.protocol + " is not among those that are measured");
  PartRows rows(*own, request, options.rows_meanwhile, collector);
  collector.expect_rows(seeded.images->size());
  const auto after_part = [&] {
    if (!share.leads()) return;
    if (seeded.after_part) seeded.after_part(*own);
    rows.advance();
  };
  measure_parts(*seeded.images, all, options.extract, own->path(0), share, *options.observer, after_part);
  if (!share.leads()) return std::nullopt;
  return rows.finish(input, seeded.images->size(), *options.observer);
}

std::optional<ExtractSummary> collect_images(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  check_detector(detector, request);
  return options.seeded ? collect_seeded(input, request, detector, options, collector)
                        : collect_stored(input, request, detector, options, collector);
}

}  // namespace

void check_detector(const Detector& detector, const SideRequest& request) {
  if (request.spatial_statistics && detector.spatial_dim() == 0)
    throw Error(detector.name(), "this detector has no spatial features", "leave out sfid");
  if (request.probabilities && detector.probability_dim() == 0)
    throw Error(detector.name(), "this detector has no class probabilities");
}

FeatureParts open_stored_parts(const ImageSource& source, const StoredImages& images,
                               const Detector& detector, const SideOptions& options) {
  const std::string& protocol = options.extract.request.protocol;
  const RunSettings settings = feature_settings(
      detector, protocol, options.extract.batch,
      stored_images_sha256(source, images.chosen(), options.extract.what, *options.observer));
  if (options.share) agree(*options.share, source.path(), settings);
  return {options.cache, options.cache, settings, images.size(), detector, protocol};
}

void require_labels(const FeatureInput& input, const Labels& labels) {
  if (!labels.classes.empty()) return;
  if (input.num_images() > 0 && !input.images())  // an older version's features, of a network with classes
    throw Error(input.spec(), "keeps features of a part of its images without their classes",
                "evaluate into another folder");
  throw Error(
      input.spec(), "scores of each class need the classes of its images, and they are not told",
      "give a folder a class, a dataset.json beside the images, arr_1 beside arr_0, or `labels` beside "
      "`features`");
}

std::int64_t count_rows(const FeatureInput& input, const SideOptions& options) {
  std::int64_t rows = input.num_images();
  if (input.probabilities()) rows = input.probabilities()->rows;
  if (input.features()) rows = input.features()->rows;
  return options.selection.num > 0 ? std::min(options.selection.num, rows) : rows;
}

double side_memory(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                   const SideOptions& options) {
  const auto known = [&](std::int64_t stored, std::int64_t measured) {
    return stored > 0 || !detector ? stored : measured;
  };
  const std::int64_t dim =
      known(stored_dim(input, request, StatisticsKind::kPool3), detector ? detector->feature_dim() : 0);
  const std::int64_t spatial =
      known(stored_dim(input, request, StatisticsKind::kSpatial), detector ? detector->spatial_dim() : 0);
  const std::int64_t classes = known(input.probabilities() ? input.probabilities()->columns : 0,
                                     detector ? detector->probability_dim() : 0);
  const double row = (request.features ? sizeof(float) : 0.0) * static_cast<double>(dim) +
                     (request.exact_features ? kDouble : 0.0) * static_cast<double>(dim) +
                     (request.probabilities ? kDouble : 0.0) * static_cast<double>(classes);
  const auto rows = static_cast<double>(count_rows(input, options));
  return row * rows +
         std::min(static_cast<double>(options.shown_rows), rows) * static_cast<double>(dim) * sizeof(float) +
         (request.statistics ? kStatisticsMatrices * square(dim) : 0) +
         (request.spatial_statistics ? kStatisticsMatrices * square(spatial) : 0) +
         (request.blocks ? kJackknifeMatrices * square(dim) : 0);
}

Side measure_side(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                  const SideOptions& options) {
  const SidePlan plan = plan_side(input, request);
  needs_detector(input, request);  // refuses what cannot be had
  require_memory(input.spec(), "its rows and their covariance",
                 side_memory(input, request, detector, options));
  SideRequest collected = request;
  collected.statistics = request.statistics && !plan.stored_statistics;
  collected.spatial_statistics = request.spatial_statistics && !plan.stored_spatial;
  Collector collector(input, collected, count_rows(input, options), options.shown_rows);
  collector.add_arrays(input, plan, options.selection);
  std::string pixels_sha256;
  Labels labels;
  if (request.labels && plan.array_features) labels = array_labels(input, options.selection);
  if (plan.uses_images()) {
    const auto summary = collect_images(input, plan.from_images, *detector, options, collector);
    if (!summary) return {};
    pixels_sha256 = summary->pixels_sha256();
    if (options.seeded) labels = summary->labels;
  }

  Side side = collector.finish();
  if (request.labels && plan.uses_images() && input.images()) labels = input.labels().of(side.images);
  if (request.labels) require_labels(input, labels);
  side.labels = std::move(labels);
  if (plan.stored_statistics) side.statistics = load_statistics(input, StatisticsKind::kPool3);
  if (plan.stored_spatial) side.spatial_statistics = load_statistics(input, StatisticsKind::kSpatial);
  if (!plan.uses_images())
    side.provenance = read_provenance(input);
  else if (!uses_arrays(input, request))
    side.provenance = provenance_of(*detector, options.extract.request.protocol, side.num_samples);
  side.hash = pixels_sha256.empty() ? input.sha256() : pixels_sha256;
  return side;
}

}  // namespace gdd
