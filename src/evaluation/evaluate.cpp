#include "evaluation/evaluate.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/seeds.h"
#include "compute/compute_scope.h"
#include "evaluation/comparisons.h"
#include "gdd/error.h"
#include "generation/generated_images.h"
#include "generation/image_parts.h"
#include "generation/sample_images.h"
#include "generation/seed_pictures.h"
#include "measurement/feature_input.h"
#include "scoring/look_at_images.h"

namespace gdd {
namespace {

// Gives a sink the first images of a run as they come by; what came in another order, or before, is had again
// at the end.
class FirstImages {
 public:
  FirstImages(BatchSink& sink, std::int64_t wanted) : sink_(sink), wanted_(wanted) {}

  void see(const ImageBatch& batch) {
    if (seen_ >= wanted_ || batch.first != seen_) return;
    sink_.take(batch);
    seen_ += batch.size();
  }
  void finish(GeneratedImages& images) {
    while (seen_ < std::min(wanted_, images.size())) see(*images.batch_at(seen_));
    sink_.finish();
  }

 private:
  BatchSink& sink_;
  std::int64_t wanted_, seen_ = 0;
};

// What one run of an evaluation works with.
struct Run {
  EvaluateOptions options;  // of this run: its seeds, its folder
  std::int64_t number = 0;
  const Network& network;
  const OpenDetector& open_detector;
  WorkShare& share;
  Observer& observer;
  const EvaluateListener& listener;
};

template <class T>
void append(const std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(Report from, Report& to) {
  append(from.scores, to.scores);
  append(from.series, to.series);
  append(from.classes, to.classes);
  append(from.galleries, to.galleries);
  if (from.map) to.map = std::move(from.map);
  for (const std::string& warning : from.warnings)
    if (std::ranges::count(to.warnings, warning) == 0) to.warnings.push_back(warning);
  for (ProvenanceEntry& entry : from.provenance)
    if (std::ranges::none_of(to.provenance, [&](const auto& known) { return known.key == entry.key; }))
      to.provenance.push_back(std::move(entry));
}

// Of the inputs that the report of one run against one reference tells, which these are.
void name_inputs(const Run& run, const Comparison& comparison, Report& report) {
  const bool images = comparison.reference != run.options.ref;
  for (ProvenanceEntry& entry : report.provenance) {
    if (images && entry.key.ends_with(".ref")) entry.key += "_images";
    if (run.number > 0 && entry.key.ends_with(".images"))
      entry.key += "_run_" + std::to_string(run.number + 1);
  }
}

// The page is of the first run.
bool has_page(const Run& run) { return run.number == 0 && run.options.distances.shown_rows > 0; }

// The comparison whose images are looked at: with the reference images, where they are given, which some
// metric may not need.
const Comparison& looked_at(const std::vector<Comparison>& comparisons, const EvaluateOptions& options,
                            Report& report) {
  if (options.ref_images.empty()) return comparisons.front();
  const auto with_images = std::ranges::find(comparisons, options.ref_images, &Comparison::reference);
  if (with_images != comparisons.end()) return *with_images;
  report.warnings.push_back(
      "--ref-images: no metric that is asked for needs them, so that they are not looked at");
  return comparisons.front();
}

// `pictures`: of the images that are looked at; null: of this comparison none are.
Report compare(const Run& run, const Comparison& comparison, const SeededImages& images,
               const SeedPictures* pictures) {
  DistanceOptions distances = distances_of(run.options, comparison);
  distances.sample.seeded = images;
  if (!pictures) distances.shown_rows = 0;
  distances.pictures = [pictures](const std::vector<std::int64_t>& positions) {
    return pictures->pictures(positions);
  };
  distances.running = [&](const RunningScore& score) {
    if (run.listener.running) run.listener.running(run.number, score);
  };
  const FeatureInput sample =
      FeatureInput::of_seeds(run.options.files.outdir, run.options.files.outdir, images.images->size());
  const std::optional<FeatureInput> reference = open_reference(comparison, *run.open_detector());
  Report report = compute_distances(sample, reference ? &*reference : nullptr, run.open_detector, distances);
  name_inputs(run, comparison, report);
  return report;
}

// Of a grid alone, or with keep_images of all that gdd-sample writes beside the images.
void write_outputs(const Run& run, ImageParts& folder, GeneratedImages& images, FirstImages* grid) {
  images.wait();
  folder.finish();
  const NetworkInfo& info = run.network.info();
  if (run.options.keep_images &&
      !replay_images(folder, run.options.files, run.options.generate, info, run.observer))
    throw Stopped();
  if (grid) grid->finish(images);
}

void check_outputs(const Run& run) {
  OutputFiles files = run.options.files;
  if (!run.options.keep_images) files.outdir.clear();
  open_outputs(files, run.options.generate, run.network.info(), nullptr);
}

// The grid of a run without kept images, unless it is there.
std::vector<Output> open_preview(const Run& run, const ImageParts& folder) {
  if (run.options.keep_images || run.options.files.grid.empty() || !run.share.leads()) return {};
  OutputFiles grid;
  grid.grid = run.options.files.grid;
  grid.captions = run.options.files.captions;
  return open_outputs(grid, run.options.generate, run.network.info(), &folder.store());
}

void remove_features(const std::string& outdir) {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(outdir) / kRunRecords, ignored))
    if (is_feature_folder(entry.path().filename().string())) found.push_back(entry.path());
  for (const auto& path : found) std::filesystem::remove_all(path, ignored);
}

Report evaluate_run(const Run& run) {
  if (run.share.leads()) check_outputs(run);
  const std::unique_ptr<ImageParts> folder =
      open_image_parts(run.options.files.outdir, run.options.generate, run.network.info(), run.share);
  GeneratedImages images(run.network, run.options.generate, run.options.network, folder.get(),
                         run.options.keep_images, run.observer);
  const std::vector<Output> preview = open_preview(run, *folder);
  std::optional<FirstImages> grid;
  if (!preview.empty()) grid.emplace(*preview[0].sink, cells_of(run.options.files.grid));
  const SeedPictures pictures(run.network, run.options.generate, folder->store().folder(), run.observer);
  images.tell([&](const ImageBatch& batch) {
    if (grid) grid->see(batch);
    if (has_page(run)) pictures.keep_first(batch, kFirstPictures);
  });
  const SeededImages seeded{&images, folder->store().folder(), images_of_plan(folder->store().plan())};
  Report report;
  const std::vector<Comparison> comparisons = comparisons_of(run.options);
  const Comparison& looked = looked_at(comparisons, run.options, report);
  for (const Comparison& comparison : comparisons)
    append(compare(run, comparison, seeded, has_page(run) && &comparison == &looked ? &pictures : nullptr),
           report);
  if (run.listener.scored) run.listener.scored(run.number, report);
  if (run.share.leads()) {
    write_outputs(run, *folder, images, grid ? &*grid : nullptr);
    for (const Output& output : preview) folder->store().record_output(output.what, output.path);
  }
  images.wait();
  if (run.listener.finished) run.listener.finished(run.number, images.made(), images.size());
  return report;
}

void number_run(std::int64_t run, Report& report) {
  for (Score& score : report.scores) score.run = run;
  for (SeriesPoint& point : report.series) point.run = run;
  for (ClassScores& each : report.classes) each.run = run;
}

void describe_all(const NetworkInfo& info, const EvaluateOptions& options, const Detector& detector,
                  Report& report) {
  std::vector<ProvenanceEntry> entries = describe(options.generate, options.network, info);
  entries.push_back({"precision", precision_of(options.generate, info) + " images, " +
                                      feature_precision(detector.layers())});
  report.provenance.insert(report.provenance.end(), entries.begin(), entries.end());
}

}  // namespace

std::vector<std::int64_t> seeds_of_run(const std::vector<std::int64_t>& seeds, std::int64_t run) {
  const auto [least, most] = std::ranges::minmax(seeds);
  const std::int64_t length = most - least + 1, limit = std::numeric_limits<std::int64_t>::max();
  if (run > 0 && (most - least == limit || run > (limit - most) / length))
    throw Error::usage("--runs", "the seeds of run " + std::to_string(run + 1) + " pass 2^63");
  std::vector<std::int64_t> moved;
  for (const std::int64_t seed : seeds) moved.push_back(seed + run * length);
  return moved;
}

std::string folder_of_run(const std::string& outdir, std::int64_t run) {
  if (run == 0) return outdir;
  return (std::filesystem::path(outdir) / ("run-" + std::to_string(run + 1))).string();
}

Report evaluate(const Network& network, const OpenDetector& open_detector, const EvaluateOptions& given,
                WorkShare& share, Observer& observer, const EvaluateListener& listener) {
  const ComputeScope scope({.threads = given.generate.compute.threads});
  check_evaluation(network.info(), given);
  const std::shared_ptr<const Detector> detector = open_detector();
  const EvaluateOptions options = with_protocol(given, *detector);
  const OpenDetector opened = [&] { return detector; };
  Report whole;
  for (std::int64_t number = 0; number < options.runs; ++number) {
    const Run run{options_of_run(options, number), number, network, opened, share, observer, listener};
    Report report = evaluate_run(run);
    if (options.runs > 1) number_run(number + 1, report);
    if (options.runs > 1)
      whole.provenance.push_back(
          {"run_seeds." + std::to_string(number + 1), seed_text(run.options.generate.seeds)});
    append(std::move(report), whole);
  }
  whole.summaries = summarise_runs(whole.scores);
  describe_all(network.info(), options, *detector, whole);
  if (options.prune && share.leads())  // after the last: the first run's folder serves the others
    for (std::int64_t number = 0; number < options.runs; ++number)
      remove_features(folder_of_run(options.files.outdir, number));
  return whole;
}

}  // namespace gdd
