#include "scoring/compare_samples.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "gdd/metrics/kernel.h"
#include "scoring/block_scores.h"
#include "scoring/distance_plan.h"

namespace gdd {
namespace {

struct Sides {
  Side first, second, reference;
};

SideRequest both(const SideRequest& a, const SideRequest& b) {
  SideRequest all;
  for (bool SideRequest::*member :
       {&SideRequest::statistics, &SideRequest::spatial_statistics, &SideRequest::features,
        &SideRequest::exact_features, &SideRequest::probabilities, &SideRequest::blocks,
        &SideRequest::rows_first})
    all.*member = a.*member || b.*member;
  return all;
}

// One value without a block, of a difference.
std::vector<double> subtract(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences(a.size());
  std::ranges::transform(a, b, differences.begin(), std::minus<>());
  return differences;
}

std::vector<Difference> compare_sides(const Sides& sides, const DistanceOptions& options) {
  std::vector<Difference> differences;
  for (const std::string& metric : options.metrics) {
    const auto first = score_blocks(metric, sides.first, sides.reference, options),
               second = score_blocks(metric, sides.second, sides.reference, options);
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
  return score;
}

void describe(const std::string& name, const FeatureInput& input, const Side& side, Report& report) {
  report.provenance.push_back({"inputs." + name, input.description()});
  report.provenance.push_back({"hashes." + name, side.hash});
}

}  // namespace

SampleComparison compare_samples(const FeatureInput& first, const FeatureInput& second,
                                 const FeatureInput& reference, const OpenDetector& open_detector,
                                 const DistanceOptions& given) {
  DistanceOptions options = given;
  options.confidence = std::ranges::count(options.metrics, "fid") > 0;
  options.kid.subset_size = 2;  // all rows are used
  std::shared_ptr<const Detector> detector;
  const bool measures = check_distances(first, &reference, options);
  if (check_distances(second, &reference, options) || measures) detector = open_detector();
  if (detector && !detector->device().is_cpu()) options.device = detector->device();

  SampleComparison result;
  const DistancePlan plan = plan_distances(first, &reference, detector.get(), options, result.report),
                     other = plan_distances(second, &reference, detector.get(), options, result.report);
  const std::string measured_as = plan.protocols.at(0).at(0)->measured_as;
  options.sample.extract.request.protocol = options.reference.extract.request.protocol = measured_as;
  Sides sides;
  sides.reference =
      measure_side(reference, both(plan.reference, other.reference), detector.get(), options.reference);
  sides.first = measure_side(first, plan.sample, detector.get(), options.sample);
  sides.second = measure_side(second, other.sample, detector.get(), options.sample);
  result.differences = compare_sides(sides, options);
  for (const Difference& difference : result.differences)
    result.report.scores.push_back(score_of(difference, sides, options.protocol));
  describe("first", first, sides.first, result.report);
  describe("second", second, sides.second, result.report);
  describe("ref", reference, sides.reference, result.report);
  if (detector && !detector->label().empty()) result.report.warnings.push_back(detector->label());
  return result;
}

}  // namespace gdd
