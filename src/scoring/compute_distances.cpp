#include "scoring/compute_distances.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "detectors/protocol.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "generation/proven_run.h"
#include "measurement/load_reference.h"
#include "scoring/distance_plan.h"
#include "scoring/look_at_images.h"
#include "scoring/metric_table.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

bool depends_on_count(const std::string& name) { return find_metric(name).depends_on_count; }

void warn_about_count(const FeatureInput& input, const SideOptions& options, const Protocol& protocol) {
  const std::int64_t rows = count_rows(input, options);
  if (rows == 0 || rows >= protocol.expected_images) return;
  options.observer->warn(input.spec() + ": " + std::to_string(rows) + " images; protocol " + protocol.name +
                         " expects " + std::to_string(protocol.expected_images) +
                         ", and the distance depends on the count");
}

struct Sides {
  Side sample, reference, train;
};

// What the first images give of the Inception Score: its rows are all there.
void tell_running_inception(const Side& sample, const DistanceOptions& options) {
  for (std::int64_t count = kFirstRunningCount; count <= sample.num_samples;
       count = running_count_after(count))
    options.running(
        {"inception_score", options.protocol, count, inception_score_of(sample, count, options).mean});
}

// Files are read side by side. With a detector the reference comes first: where it is a file of statistics it
// is quickly refused.
Sides measure_sides(const FeatureInput& sample, const FeatureInput* reference, const DistancePlan& plan,
                    const Detector* detector, const DistanceOptions& options) {
  Sides sides;
  SideOptions sampling = options.sample;
  RunningFid running(sides.reference, *options.kept, sampling.extract.request.protocol,
                     detector && !detector->device().is_cpu(), options.running);
  if (sampling.seeded && options.running && reference && plan.reference.statistics &&
      std::ranges::count(options.metrics, "fid") > 0)
    sampling.seeded->after_part = [&](const FeatureParts& kept) {
      running.advance(kept, *sampling.observer);
    };
  std::future<Side> later = std::async(detector ? std::launch::deferred : std::launch::async,
                                       [&] { return measure_side(sample, plan.sample, detector, sampling); });
  if (reference) sides.reference = measure_side(*reference, plan.reference, detector, options.reference);
  if (plan.uses_train) sides.train = measure_side(*options.training_set, plan.train, detector, options.train);
  sides.sample = later.get();
  running.finish();
  return sides;
}

// Of images from seeds the features of every group are made in one pass.
void name_preparations(const std::vector<ProtocolGroup>& groups, SideOptions& sample) {
  if (!sample.seeded) return;
  sample.seeded->protocols.clear();
  for (const ProtocolGroup& group : groups) sample.seeded->protocols.emplace_back(group[0]->measured_as);
}

// Where the images came from, if gdd-sample made them, and nobody changed them since.
void describe_run(const FeatureInput& sample, Report& report) {
  if (!sample.images()) return;
  const ProvenRun run = prove_run(sample.path());
  if (!run.doubt.empty()) report.warnings.push_back(run.doubt);
  const RunSettings& settings = run.settings;
  const auto add = [&](const char* key, const char* setting) {
    if (const std::string* value = find_setting(settings, setting))
      report.provenance.push_back({key, *value});
  };
  add("hashes.checkpoint", "network");
  add("seeds.images", "seeds");
  add("sampler", "sampler");
}

}  // namespace

void check_finite(const Score& score, const FeatureInput& sample, const FeatureInput* reference) {
  const bool interval =
      !score.interval || (std::isfinite(score.interval->first) && std::isfinite(score.interval->second));
  if (std::isfinite(score.value) && std::isfinite(score.std.value_or(0)) && interval) return;
  throw Error(sample.spec(),
              score.name + (reference ? " against " + reference->spec() : std::string()) +
                  " is NaN or infinity: the numbers in them are too large",
              "check what made them");
}

void say_once(std::vector<std::string>& warnings) {
  std::sort(warnings.begin(), warnings.end());
  warnings.erase(std::unique(warnings.begin(), warnings.end()), warnings.end());
}

void describe(const std::string& name, const FeatureInput& input, const Side& side, Report& report) {
  report.provenance.push_back({"inputs." + name, input.description()});
  report.provenance.push_back({"hashes." + name, side.hash});
}

void describe(const Detector& detector, Report& report) {
  report.provenance.push_back({"detector", detector.name()});
  report.provenance.push_back({"hashes.weights", detector.weights_sha256()});
  for (const auto& [key, value] : detector.facts()) report.provenance.push_back({key, value});
  if (detector.label().empty()) return;
  for (Score& score : report.scores) score.notes.emplace_back("features", detector.label());
  report.warnings.push_back(detector.label());
}

Report compute_distances(const FeatureInput& sample, const FeatureInput* reference,
                         const OpenDetector& open_detector, const DistanceOptions& given) {
  DistanceOptions options = given;
  Report report;
  if (given.running)
    options.running = [&](const RunningScore& score) {
      report.series.push_back({score.name, score.protocol, score.images, score.value, 0});
      given.running(score);
    };
  std::shared_ptr<const Detector> detector;
  if (check_distances(sample, reference, options)) detector = open_detector();
  if (detector && !detector->device().is_cpu()) options.device = detector->device();
  options.sample.shown_rows = options.reference.shown_rows = options.shown_rows;
  const DistancePlan plan = plan_distances(sample, reference, detector.get(), options, report);
  if (!plan.uses_reference) reference = nullptr;
  name_preparations(plan.protocols, options.sample);
  Sides sides;
  for (const ProtocolGroup& group : plan.protocols) {
    for (SideOptions* side : {&options.sample, &options.reference, &options.train})
      side->extract.request.protocol = group[0]->measured_as;
    sides = measure_sides(sample, reference, plan, detector.get(), options);
    if (options.sample.share && !options.sample.share->leads()) continue;  // its features are all it gives
    for (const Protocol* protocol : group) {
      if (std::ranges::any_of(options.metrics, depends_on_count))
        warn_about_count(sample, options.sample, *protocol);
      options.protocol = protocol->name;
      for (const std::string& name : options.metrics) {
        const Metric& metric = find_metric(name);
        const auto before = std::ssize(report.scores);
        metric.score(sides.sample, metric.train_need ? sides.train : sides.reference, options, report);
        for (auto i = before; i < std::ssize(report.scores); ++i)
          report.scores[static_cast<std::size_t>(i)].metric = name;
      }
      if (options.sample.seeded && options.running && std::ranges::count(options.metrics, "is") > 0)
        tell_running_inception(sides.sample, options);
      for (const Score& score : report.scores) check_finite(score, sample, reference);
    }
    if (options.shown_rows > 0 && report.galleries.empty())
      look_at_images(sample, sides.sample, reference, sides.reference, options, report);
  }
  report.provenance.push_back({"protocol", plan.protocol});
  describe("images", sample, sides.sample, report);
  describe_run(sample, report);
  if (reference) describe("ref", *reference, sides.reference, report);
  if (plan.uses_train) describe("train", *options.training_set, sides.train, report);
  if (detector) describe(*detector, report);
  say_once(report.warnings);  // protocols of a group give equal ones
  return report;
}

}  // namespace gdd
