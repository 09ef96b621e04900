#include "evaluation/workload.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "compute/compute_scope.h"
#include "detectors/protocol.h"
#include "distributed/part_store.h"
#include "evaluation/comparisons.h"
#include "generation/image_parts.h"
#include "generation/seed_batches.h"
#include "measurement/feature_parts.h"
#include "scoring/metric_table.h"

namespace gdd {
namespace {

std::string records_of(const EvaluateOptions& run) {
  return (std::filesystem::path(run.files.outdir) / kRunRecords).string();
}

// Of part `part`, of `all` images.
std::int64_t images_in(std::int64_t part, std::int64_t all) {
  return std::min(kImagesInPart, all - part * kImagesInPart);
}

std::int64_t images_missing(const std::vector<bool>& recorded, std::int64_t all) {
  std::int64_t count = 0;
  for (std::size_t part = 0; part < recorded.size(); ++part)
    if (!recorded[part]) count += images_in(static_cast<std::int64_t>(part), all);
  return count;
}

// "50 000 rows against 10 000"
std::string scoring_text(const std::string& metric, const DistancePlan& plan,
                         const DistanceOptions& distances) {
  std::string text = count_text(plan.samples) + " rows";
  const std::int64_t others = needs_train(metric) ? plan.trains : plan.references;
  if (others > 0 && metric != "is") text += " against " + count_text(others);
  if (distances.confidence && metric == "fid") text += ", with its confidence";
  return text;
}

class Counter {
 public:
  Counter(const NetworkInfo& info, const Detector& detector, const EvaluateOptions& options,
          Observer& observer)
      : info_(info), detector_(detector), options_(options), observer_(observer) {}

  Workload count(std::int64_t processes) {
    work_.processes = processes;
    count_batches();
    for (const Comparison& comparison : comparisons_of(options_)) count_comparison(comparison);
    for (std::int64_t run = 0; run < options_.runs; ++run) count_run(options_of_run(options_, run));
    if (statistics_.cost.float64 > 0) work_.scores.insert(work_.scores.begin(), statistics_);
    return work_;
  }

 private:
  void count_batches() {
    const GenerateOptions& generate = options_.generate;
    work_.batch = std::ssize(split_seeds(generate.seeds, generate.batch).front().seeds);
    if (generate.compute.device.is_cpu()) work_.batch_bytes = batch_bytes(generate, info_, work_.batch);
    work_.detector_batch = std::min(options_.distances.sample.extract.batch, std::ssize(generate.seeds));
    work_.all_images = std::ssize(generate.seeds) * options_.runs;
  }

  void count_comparison(const Comparison& comparison) {
    const EvaluateOptions run = options_of_run(options_, 0);
    const DistanceOptions distances = distances_of(run, comparison);
    const std::string& outdir = run.files.outdir;
    const std::optional<FeatureInput> reference = open_reference(comparison, detector_);
    Report unsaid;  // the evaluation itself will warn
    const DistancePlan plan =
        plan_distances(FeatureInput::of_seeds(outdir, outdir, std::ssize(run.generate.seeds)),
                       reference ? &*reference : nullptr, &detector_, distances, unsaid);
    for (const ProtocolGroup& group : plan.protocols) {
      const std::string protocol = group.front()->measured_as;
      work_.features.try_emplace(protocol, 0);
      if (plan.measures_reference) count_reference(*reference, protocol, distances.reference);
      if (plan.measures_train) count_reference(*distances.training_set, protocol, distances.train);
    }
    if (reference && !plan.measures_reference) work_.references.push_back({reference->spec(), "", 0});
    count_scores(plan, distances);
  }

  // Of every run the same, which has measured it in the first one.
  void count_reference(const FeatureInput& reference, const std::string& protocol,
                       const SideOptions& options) {
    std::int64_t images = count_rows(reference, options);
    if (is_kept(options))
      images = images_missing(cached_parts(*reference.images(), protocol, options), images);
    work_.references.push_back({reference.spec(), protocol, images});
  }

  // Whether any features are cached: else the images need not be read to know which.
  static bool is_kept(const SideOptions& options) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(options.cache, ignored))
      if (is_feature_folder(entry.path().filename().string())) return options.selection.skip_corrupt == 0;
    return false;
  }

  std::vector<bool> cached_parts(const ImageSource& source, const std::string& protocol,
                                 const SideOptions& options) {
    std::string& hash = hashes_[source.path()];
    const std::vector<std::int64_t> chosen = choose_images(source, options.selection, nobody());
    if (hash.empty()) hash = stored_images_sha256(source, chosen, options.extract.what, observer_);
    const RunSettings settings = feature_settings(detector_, protocol, options.extract.batch, hash);
    return FeatureParts::recorded(options.cache, settings, std::ssize(chosen));
  }

  void count_scores(const DistancePlan& plan, const DistanceOptions& distances) {
    std::int64_t protocols = 0;
    for (const auto& group : plan.protocols) protocols += std::ssize(group);
    const auto runs = static_cast<double>(options_.runs);
    for (const std::string& metric : distances.metrics)
      work_.scores.push_back(
          {metric, scoring_text(metric, plan, distances),
           cost_of_score(metric, plan, detector_, distances) * (static_cast<double>(protocols) * runs),
           plan.bytes});
    statistics_.name = "statistics";
    statistics_.work = count_text(plan.samples) + " rows";
    statistics_.cost = statistics_.cost + cost_of_statistics(plan, detector_) *
                                              (static_cast<double>(std::ssize(plan.protocols)) * runs);
    statistics_.bytes = std::max(statistics_.bytes, plan.bytes);
  }

  void count_run(const EvaluateOptions& run) {
    const std::string plan = PartStore::plan_of(run_settings(run.generate, info_));
    warn_about_folder(run, plan);
    const std::int64_t images = std::ssize(run.generate.seeds);
    std::vector<bool> whole(static_cast<std::size_t>(parts_of(images)), true);  // of every preparation
    for (auto& [protocol, missing] : work_.features) {
      const RunSettings settings =
          feature_settings(detector_, protocol, run.distances.sample.extract.batch, images_of_plan(plan));
      const std::vector<bool> recorded = FeatureParts::recorded(records_of(run), settings, images);
      missing += images_missing(recorded, images);
      for (std::size_t part = 0; part < whole.size(); ++part) whole[part] = whole[part] && recorded[part];
    }
    for (const SeedBatch& batch : split_seeds(run.generate.seeds, run.generate.batch))
      if (is_made(batch, run, plan, whole)) work_.images += std::ssize(batch.seeds);
  }

  // Batches lie across the borders of parts; what is kept as images is read.
  static bool is_made(const SeedBatch& batch, const EvaluateOptions& run, const std::string& plan,
                      const std::vector<bool>& whole) {
    const std::int64_t end = batch.first + std::ssize(batch.seeds);
    bool wanted = run.keep_images;
    for (std::int64_t part = batch.first / kImagesInPart; part * kImagesInPart < end; ++part)
      wanted = wanted || !whole[static_cast<std::size_t>(part)];
    return wanted &&
           !PartStore::read_files(records_of(run), plan, batch_record(batch.number), batch.seeds.size());
  }

  void warn_about_folder(const EvaluateOptions& run, const std::string& plan) {
    const RunSettings there = find_run_settings(run.files.outdir);
    if (!there.empty() && PartStore::plan_of(there) != plan)
      observer_.warn(run.files.outdir +
                     ": holds a run with other settings, and will be refused for this one");
  }

  const NetworkInfo& info_;
  const Detector& detector_;
  const EvaluateOptions& options_;
  Observer& observer_;
  Workload work_;
  Workload::Scoring statistics_;
  std::map<std::string, std::string> hashes_;  // of references, by path
};

}  // namespace

Workload count_work(const NetworkInfo& info, const Detector& detector, const EvaluateOptions& options,
                    std::int64_t processes, Observer& observer) {
  const ComputeScope scope({.threads = options.generate.compute.threads});  // a part of what settings name
  check_evaluation(info, options);
  const EvaluateOptions in_force = with_protocol(options, detector);
  return Counter(info, detector, in_force, observer).count(processes);
}

}  // namespace gdd
