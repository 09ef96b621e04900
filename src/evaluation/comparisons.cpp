#include "evaluation/comparisons.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/printable.h"
#include "gdd/error.h"
#include "generation/outputs.h"
#include "images/image_names.h"
#include "images/run_settings.h"
#include "measurement/feature_input.h"
#include "measurement/provenance.h"
#include "scoring/distance_plan.h"
#include "scoring/metric_table.h"

namespace gdd {
namespace {

// A folder of somebody's pictures would be taken for a run's from then on, and lose those of the same name.
void refuse_foreign_pictures(const std::string& outdir) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(outdir) / kRunRecords, ignored)) return;
  for (const auto& entry : std::filesystem::directory_iterator(outdir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (has_picture_ending(name) || name == "image_pack.npz")
      throw Error::usage("--outdir",
                         gdd::quoted(outdir) + " holds files of others, e.g. " + gdd::quoted(name),
                         "name a folder that is empty or not there");
  }
}

}  // namespace

std::vector<Comparison> comparisons_of(const EvaluateOptions& options) {
  std::vector<Comparison> list;
  for (const std::string& metric : options.distances.metrics) {
    const std::string& reference =
        needs_reference_rows(metric) && !options.ref_images.empty() ? options.ref_images : options.ref;
    const auto found =
        std::ranges::find_if(list, [&](const Comparison& each) { return each.reference == reference; });
    if (found != list.end())
      found->metrics.push_back(metric);
    else
      list.push_back({reference, {metric}});
  }
  return list;
}

DistanceOptions distances_of(const EvaluateOptions& options, const Comparison& comparison) {
  DistanceOptions own = options.distances;
  own.metrics = comparison.metrics;
  const auto has_fid = [](const std::vector<std::string>& names) {
    return std::ranges::count(names, "fid") > 0;
  };
  if (has_fid(options.distances.metrics) && !has_fid(own.metrics)) own.confidence = false;  // another's
  const bool anothers = std::ranges::any_of(options.distances.metrics, needs_train) &&
                        !std::ranges::any_of(own.metrics, needs_train);
  if (!options.train.empty() && !anothers)
    own.training_set = std::make_shared<const FeatureInput>(options.train);
  return own;
}

std::optional<FeatureInput> open_reference(const Comparison& comparison, const Detector& detector) {
  std::optional<FeatureInput> reference;
  if (comparison.reference.empty()) return reference;
  reference.emplace(comparison.reference);
  reference->prefer(detector.family());
  return reference;
}

EvaluateOptions with_protocol(EvaluateOptions options, const Detector& detector) {
  if (!options.distances.protocol.empty()) return options;
  const std::optional<FeatureInput> reference = open_reference({options.ref, {}}, detector);
  options.distances.protocol =
      protocol_in_force(options.distances.protocol, &detector, {reference ? &*reference : nullptr});
  return options;
}

EvaluateOptions options_of_run(const EvaluateOptions& options, std::int64_t run) {
  EvaluateOptions own = options;
  own.generate.seeds = seeds_of_run(options.generate.seeds, run);
  own.files.outdir = folder_of_run(options.files.outdir, run);
  if (run > 0) own.files.grid.clear();
  for (SideOptions* side :
       {&own.distances.reference, &own.distances.train})  // beside the first run's features
    if (side->cache.empty())
      side->cache = (std::filesystem::path(options.files.outdir) / kRunRecords).string();
  return own;
}

void check_comparisons(const EvaluateOptions& options) {
  for (const Comparison& comparison : comparisons_of(options)) {
    std::optional<FeatureInput> reference;
    if (!comparison.reference.empty()) reference.emplace(comparison.reference);
    const std::string& outdir = options.files.outdir;
    check_distances(FeatureInput::of_seeds(outdir, outdir, std::ssize(options.generate.seeds)),
                    reference ? &*reference : nullptr, distances_of(options, comparison));
  }
}

void check_evaluation(const NetworkInfo& info, const EvaluateOptions& options) {
  check_generate(info, options.generate);
  check_pictures(options.generate, info);
  seeds_of_run(options.generate.seeds, options.runs - 1);  // refuses those that do not exist
  if (options.generate.seeds.size() < 2)
    throw Error::usage("--seeds", "expected two or more: a score is of several images");
  if (info.label_dim == 0 && std::ranges::count(options.distances.metrics, kPerClass) > 0)
    throw Error::usage("--per-class", "needs a network with classes, and this one has none");
  check_comparisons(options);
  refuse_foreign_pictures(options.files.outdir);
}

}  // namespace gdd
