#include "scoring/compare_samples.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/memory_budget.h"
#include "base/number_text.h"
#include "detectors/protocol.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "gdd/metrics/kernel.h"
#include "scoring/block_scores.h"
#include "scoring/distance_plan.h"
#include "scoring/origins.h"

namespace gdd {
namespace {

struct Sides {
  Side first, second, reference;
};

// One value without a block, of a difference.
std::vector<double> subtract(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences(a.size());
  std::ranges::transform(a, b, differences.begin(), std::minus<>());
  return differences;
}

std::vector<Difference> compare_sides(const Sides& sides, const DistanceOptions& options, Report& report) {
  std::vector<Difference> differences;
  for (const std::string& metric : options.metrics) {
    const auto first = score_blocks(metric, sides.first, sides.reference, options, report),
               second = score_blocks(metric, sides.second, sides.reference, options, report);
    const double common = metric == "kid" ? kernel_within(sides.reference.exact_view()) : 0;
    for (std::size_t i = 0; i < first.size(); ++i)
      differences.push_back({first[i].name, first[i].less_is_better, first[i].value + common,
                             second[i].value + common,
                             jackknife_confidence(first[i].value - second[i].value,
                                                  subtract(first[i].without, second[i].without))});
  }
  return differences;
}

Score score_of(const Difference& difference, const Sides& sides, const std::string& protocol) {
  Score score;
  score.name = difference.name + "_difference";
  score.value = difference.value();
  score.protocol = protocol;
  score.num_samples = std::min(sides.first.num_samples, sides.second.num_samples);
  score.std = difference.confidence.std_error;
  score.interval = {difference.confidence.low, difference.confidence.high};
  score.notes = {{"A", number_text("%.17g", difference.first)},
                 {"B", number_text("%.17g", difference.second)},
                 {"interval", "95 %, paired jackknife over " + std::to_string(kJackknifeBlocks) +
                                  " blocks left out of both, the reference taken as exact"}};
  return score;
}

void check_request(const DistanceOptions& options) {
  const auto asked = [&](const char* name) { return std::ranges::count(options.metrics, name) > 0; };
  for (const std::string& metric : options.metrics) expect_comparable(metric);
  if (options.protocol == kAllProtocols)
    throw Error::usage("--protocol all", "a comparison is of one protocol", "name one");
  if (asked("pr") && asked("prdc"))
    throw Error::usage("--metrics", "pr and prdc are two kinds of precision", "compare by one of them");
}

// What is known before any work.
void check_counts(const FeatureInput& first, const FeatureInput& second, const DistanceOptions& options) {
  const std::int64_t n = count_rows(first, options.sample), m = count_rows(second, options.sample);
  for (const auto& [input, rows] : {std::pair{&first, n}, {&second, m}})
    if (rows < kJackknifeMinRows)
      throw Error(input->spec(), "a comparison needs at least " + std::to_string(kJackknifeMinRows) +
                                     " rows, found " + std::to_string(rows));
  const bool depends = std::ranges::any_of(options.metrics, [](const auto& name) { return name != "kid"; });
  if (n != m && depends)
    throw Error(second.spec(),
                "has " + std::to_string(m) + " images, the other sample " + std::to_string(n) +
                    ": but for kid the scores depend on the number",
                "give as many of both (--num takes so many of each), or --metrics kid");
}

// All three sides are held at once.
void check_memory(const DistancePlan& plan, const FeatureInput& second, const DistancePlan& other,
                  const Detector* detector, const DistanceOptions& options) {
  const double copies =
      2.0 * static_cast<double>(plan.samples) * static_cast<double>(plan.dim) * sizeof(float);
  require_memory(second.spec(), "comparing it with the other sample",
                 plan.bytes + side_memory(second, other.sample, detector, options.sample) + copies);
}

}  // namespace

SampleComparison compare_samples(const FeatureInput& first, const FeatureInput& second,
                                 const FeatureInput& reference, const OpenDetector& open_detector,
                                 const DistanceOptions& given) {
  check_request(given);
  check_counts(first, second, given);
  DistanceOptions options = given;
  options.confidence = std::ranges::count(options.metrics, "fid") > 0;
  options.kid.subset_size = 2;  // all rows are used
  std::shared_ptr<const Detector> detector;
  const bool measures = check_distances(first, &reference, options);
  if (check_distances(second, &reference, options) || measures) detector = open_detector();
  if (detector && !detector->device().is_cpu()) options.device = detector->device();

  SampleComparison result;
  Report& report = result.report;
  const DistancePlan plan = plan_distances(first, &reference, detector.get(), options, report),
                     other = plan_distances(second, &reference, detector.get(), options, report);
  if (plan.reference != other.reference)
    throw Error(reference.spec(), "the two samples need other parts of it", "give samples of one kind");
  Origins samples;  // each was held against the reference
  samples.add(first, plan.sample, report);
  samples.add(second, other.sample, report);
  options.protocol = plan.protocol;
  const std::string measured_as = plan.protocols.at(0).at(0)->measured_as;
  samples.check(measured_as, detector.get(), report);
  check_memory(plan, second, other, detector.get(), options);
  options.sample.extract.request.protocol = options.reference.extract.request.protocol = measured_as;
  Sides sides;
  sides.reference = measure_side(reference, plan.reference, detector.get(), options.reference);
  sides.first = measure_side(first, plan.sample, detector.get(), options.sample);
  sides.second = measure_side(second, other.sample, detector.get(), options.sample);
  if (options.sample.share && !options.sample.share->leads()) return result;  // its features are all it gives
  result.differences = compare_sides(sides, options, report);
  for (const Difference& difference : result.differences) {
    report.scores.push_back(score_of(difference, sides, options.protocol));
    check_finite(report.scores.back(), first, &reference);
  }
  report.provenance.push_back({"protocol", options.protocol});
  describe("first", first, sides.first, report);
  describe("second", second, sides.second, report);
  describe("ref", reference, sides.reference, report);
  if (detector) describe(*detector, report);
  say_once(report.warnings);  // both samples give the reference's
  return result;
}

}  // namespace gdd
