#include "scoring/distance_plan.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <string>

#include "base/memory_budget.h"
#include "detectors/protocol.h"
#include "gdd/error.h"
#include "scoring/metric_table.h"
#include "scoring/origins.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

// Two sides held as rows for the exact route may take so much memory; beyond it statistics are used.
constexpr std::int64_t kMaxExactBytes = std::int64_t{4} << 30;

// A plan of what is held of each side, and nothing else yet.
DistancePlan request_sides(const DistanceOptions& options, const FeatureInput* reference) {
  DistancePlan plan;
  for (const std::string& name : options.metrics) {
    const Metric& metric = find_metric(name);
    if (metric.reference_need && !reference) throw Error::usage("--ref", "is needed for " + name);
    plan.sample.*metric.sample_need = true;
    if (metric.reference_need) plan.reference.*metric.reference_need = true;
    if (name == kPerClass) plan.sample.labels = plan.reference.labels = true;
    if (metric.train_need && !options.training_set)
      throw Error::usage("--train", "is needed for " + name,
                         "name the features or images that the network was trained on");
    if (metric.train_need) plan.train.*metric.train_need = true;
  }
  plan.uses_train = plan.train != SideRequest{};
  if (options.training_set && !plan.uses_train)
    throw Error::usage("--train", "is of authpct, which --metrics does not name");
  if (options.confidence && !plan.sample.statistics)
    throw Error::usage("--confidence", "is of fid, which --metrics does not name");
  plan.sample.blocks = options.confidence;
  plan.sample.rows_first = true;  // the sample is what its images are
  // KID needs the reference's rows, and its FID is then of them too. Other scores may be of stored statistics
  // and of images beside them: guided-diffusion's references are made for that.
  plan.reference.rows_first = plan.reference.exact_features;
  plan.uses_reference = reference && plan.reference != SideRequest{};
  return plan;
}

// What is looked at, and what for.
struct AskedSide {
  const FeatureInput& input;
  const SideRequest& request;
  const SideOptions& options;
};

// The sample first.
std::vector<AskedSide> sides_of(const FeatureInput& sample, const FeatureInput* reference,
                                const DistancePlan& plan, const DistanceOptions& options) {
  std::vector<AskedSide> sides{{sample, plan.sample, options.sample}};
  if (plan.uses_reference) sides.push_back({*reference, plan.reference, options.reference});
  if (plan.uses_train) sides.push_back({*options.training_set, plan.train, options.train});
  return sides;
}

// Dimensions known before any work must agree: of the files, and of the detector where images go through it.
std::int64_t common_dim(const std::vector<AskedSide>& sides, const Detector* detector) {
  std::int64_t dim = detector ? detector->feature_dim() : 0;
  std::string owner = detector ? "the detector '" + detector->name() + "'" : "";
  for (const AskedSide& side : sides) {
    const std::int64_t found = stored_dim(side.input, side.request, StatisticsKind::kPool3);
    if (found == 0) continue;
    if (dim != 0 && found != dim)
      throw Error(side.input.spec(),
                  "holds features of " + std::to_string(found) + " dimensions, " + owner + " of " +
                      std::to_string(dim),
                  "use the reference and the detector that belong together");
    dim = found;
    owner = side.input.spec();
  }
  return dim;
}

// With no more rows than dimensions on either side a covariance is singular, and the distance is exact only
// from the rows themselves; so they are kept, if both sides have them.
void choose_route(const FeatureInput& sample, const FeatureInput& reference, const DistanceOptions& options,
                  DistancePlan& plan) {
  const std::int64_t dim = plan.dim;
  if (!plan.sample.statistics || dim == 0) return;
  if (uses_statistics(sample, plan.sample, StatisticsKind::kPool3) ||
      uses_statistics(reference, plan.reference, StatisticsKind::kPool3))
    return;
  const std::int64_t n = count_rows(sample, options.sample), m = count_rows(reference, options.reference);
  if ((n > dim && m > dim) || (n + m) * dim * std::int64_t{sizeof(double)} > kMaxExactBytes) return;
  plan.sample.statistics = false;  // the reference's may serve other scores
  plan.sample.exact_features = plan.reference.exact_features = true;
}

// Of the manifolds of so many rows, in float64 numbers: a copy as float32 where the mean is taken away, the
// neighbours kept, a thread's block of products and the same in float64 with its rows, and 256 rows of
// distances.
double manifold_memory(double rows, double d, std::int64_t k) {
  constexpr double kBlock = 1024;
  return rows * (d / 2 + 2 * std::min(static_cast<double>(k) + 12, 268.0) + 4 + 256) +
         at::get_num_threads() * kBlock * (2.5 * kBlock + 2 * d);
}

// Of mind: the values of 128 directions for both sides, all directions, and a thread's block of rows.
double mind_memory(double rows, double d, const DistanceOptions& options) {
  constexpr double kDirections = 128, kBlock = 256;
  return 2 * kDirections * rows + 1.5 * static_cast<double>(options.mind.directions) * d +
         at::get_num_threads() * kBlock * (d + kDirections);
}

// What the scores hold beside the sides, in bytes. A distance of covariances has two more matrices [D,D]
// than the six of both sides while they are accumulated; that of rows four, and the rows once more; kid two
// subsets and their products; pr in float16 1024 rows of distances.
double score_memory(const DistancePlan& plan, double others, const DistanceOptions& options) {
  const auto d = static_cast<double>(plan.dim), rows = static_cast<double>(plan.samples),
             trains = static_cast<double>(plan.trains);
  const auto asked = [&](const char* name) {
    return std::find(options.metrics.begin(), options.metrics.end(), name) != options.metrics.end();
  };
  double values = 0;
  if (asked("fid") || asked("fid_infinity"))
    values = plan.sample.statistics ? 2 * d * d : 4 * d * d + (rows + others) * d;
  if (const auto size = static_cast<double>(options.kid.subset_size); asked("kid"))
    values = std::max(values, 2 * size * d + size * size);
  for (const char* name : {"pr", "prdc", "clipped"})
    if (asked(name))
      values =
          std::max(values, options.float16 ? 1024 * (std::max(rows, others) + 3 * d)
                                           : manifold_memory(rows + others, d, neighbours(name, options)));
  if (asked(
          kPerClass))  // of one class that is all: its rows as float32 and float64, two statistics, manifolds
    values = std::max(values, 1.5 * (rows + others) * d + 6 * d * d +
                                  manifold_memory(rows + others, d, neighbours("prdc", options)));
  if (asked("mind")) values = std::max(values, mind_memory(std::min(rows, others), d, options));
  if (asked("authpct"))  // and the rows that are nearest, twice: copied, and in their frame
    values = std::max(values, manifold_memory(rows + trains, d, 1) + std::min(rows, trains / 2) * d);
  const auto shown = static_cast<double>(options.shown_rows);
  values = std::max(values, manifold_memory(2 * std::min(shown, rows), d, 1) + 1024 * shown);
  return values * sizeof(double);
}

// All sides are measured, and held, at once.
void plan_memory(const std::vector<AskedSide>& sides, const Detector* detector,
                 const DistanceOptions& options, DistancePlan& plan) {
  const AskedSide* largest = nullptr;
  double most = 0;
  std::string against;
  for (const AskedSide& side : sides) {
    const double bytes = side_memory(side.input, side.request, detector, side.options);
    plan.bytes += bytes;
    if (!largest || bytes > most) largest = &side;
    most = std::max(most, bytes);
    if (&side != &sides.front())
      against +=
          (against.empty() ? " against " : " and ") + std::to_string(count_rows(side.input, side.options));
  }
  if (sides.size() == 1) return;  // refused where it is measured
  const auto others =
      plan.uses_reference ? static_cast<double>(count_rows(sides[1].input, sides[1].options)) : 0;
  plan.bytes += score_memory(plan, others, options);
  require_memory(largest->input.spec(),
                 "scores of " + std::to_string(plan.samples) + " rows" + against + " in " +
                     std::to_string(plan.dim) + " dimensions",
                 plan.bytes);
}

// What options ask of the number of rows, before any work.
void check_counts(const FeatureInput& input, const SideOptions& side, const DistanceOptions& options) {
  const std::int64_t rows = count_rows(input, side);
  for (const std::string& name : options.metrics) {
    if (name == "kid" && rows < options.kid.subset_size)
      throw Error(input.spec(),
                  "kid draws subsets of " + std::to_string(options.kid.subset_size) + ", found " +
                      std::to_string(rows) + " rows",
                  "give more images or a smaller --kid-subset-size");
    if ((name == "pr" || name == "prdc" || name == "clipped") && rows <= neighbours(name, options))
      throw Error(input.spec(), name + " needs more rows than neighbours, found " + std::to_string(rows));
  }
}

// Of images from seeds they are known when these are measured.
void check_labels(const FeatureInput& input, const SideRequest& request) {
  const bool seeds = input.num_images() > 0 && !input.images();
  if (request.labels && !seeds) require_labels(input, input.labels());
}

// What is asked of the sample alone.
void check_sample_count(const FeatureInput& sample, const DistanceOptions& options) {
  const std::int64_t rows = count_rows(sample, options.sample);
  const bool infinity =
      std::find(options.metrics.begin(), options.metrics.end(), "fid_infinity") != options.metrics.end();
  const std::int64_t least = options.confidence ? kJackknifeMinRows : infinity ? kInfinityMinRows : 0;
  if (rows < least)
    throw Error(sample.spec(), std::string(options.confidence ? "--confidence" : "fid_infinity") +
                                   " needs at least " + std::to_string(least) + " rows, found " +
                                   std::to_string(rows));
}

// Each row of it has another.
void check_train_count(const FeatureInput& train, const SideOptions& side) {
  const std::int64_t rows = count_rows(train, side);
  if (rows < 2) throw Error(train.spec(), "authpct needs two training rows, found " + std::to_string(rows));
}

// Those that one pass serves. Without a detector there is nothing to prepare, and all are alike.
std::vector<ProtocolGroup> group_protocols(const std::string& name, const Detector* detector, Family family) {
  if (name != kAllProtocols)
    return {{detector ? &find_protocol(detector->family(), name) : &find_protocol(name)}};
  std::vector<std::string> keys;
  std::vector<ProtocolGroup> groups;
  for (const Protocol* protocol : all_protocols(family)) {
    const std::string key =
        detector ? detector->preparation_name(protocol->name) + (protocol->equal_sizes ? "=" : "") : "";
    const auto found = std::find(keys.begin(), keys.end(), key);
    const auto place = static_cast<std::size_t>(found - keys.begin());
    if (found == keys.end()) {
      keys.push_back(key);
      groups.emplace_back();
    }
    groups[place].push_back(protocol);
  }
  return groups;
}

// Of all protocols those that fit stored data; the others are warned of. One that was asked for by name must
// fit.
void leave_out_mixed(const Origins& origins, const Detector* detector, bool all,
                     std::vector<ProtocolGroup>& groups, Report& report) {
  if (!all) return origins.check(groups[0][0]->measured_as, detector, report);
  std::string refusal;
  const auto is_mixed = [&](const Protocol* protocol) {
    try {
      origins.check(protocol->name, detector, report);
      return false;
    } catch (const Error& error) {
      refusal = error.what();
      report.warnings.push_back(std::string("protocol ") + protocol->name + " is left out: " + refusal);
      return true;
    }
  };
  for (ProtocolGroup& group : groups) std::erase_if(group, is_mixed);
  std::erase_if(groups, [](const ProtocolGroup& group) { return group.empty(); });
  if (groups.empty()) throw Error("--protocol all", "none fits: " + refusal);
}

// What the sides have to do with each other.
void plan_sides(const FeatureInput& sample, const FeatureInput* reference, const Detector* detector,
                const DistanceOptions& options, DistancePlan& plan) {
  const std::vector<AskedSide> sides = sides_of(sample, reference, plan, options);
  if (sides.size() > 1) plan.dim = common_dim(sides, detector);
  if (plan.uses_reference) choose_route(sample, *reference, options, plan);
  if (plan.uses_train) {
    plan.trains = count_rows(*options.training_set, options.train);
    plan.measures_train = needs_detector(*options.training_set, plan.train);
  }
  plan_memory(sides, detector, options, plan);
  if (!plan.uses_reference) return;
  const bool rows = plan.reference.features || plan.reference.exact_features ||
                    !uses_statistics(*reference, plan.reference, StatisticsKind::kPool3);
  if (rows) plan.references = count_rows(*reference, options.reference);
  plan.measures_reference = needs_detector(*reference, plan.reference);
}

}  // namespace

bool check_distances(const FeatureInput& sample, const FeatureInput* reference,
                     const DistanceOptions& options) {
  if (!options.protocol.empty() && options.protocol != kAllProtocols)
    find_protocol(options.protocol);  // refuses an unknown one
  const DistancePlan plan = request_sides(options, reference);
  const std::vector<AskedSide> sides = sides_of(sample, reference, plan, options);
  bool measures = false;
  for (const AskedSide& side : sides) measures = needs_detector(side.input, side.request) || measures;
  check_labels(sample, plan.sample);
  if (plan.uses_reference) check_labels(*reference, plan.reference);
  check_counts(sample, options.sample, options);
  check_sample_count(sample, options);
  if (plan.uses_reference) check_counts(*reference, options.reference, options);
  if (plan.uses_train) check_train_count(*options.training_set, options.train);
  return measures;
}

DistancePlan plan_distances(const FeatureInput& sample, const FeatureInput* reference,
                            const Detector* detector, const DistanceOptions& options, Report& report) {
  DistancePlan plan = request_sides(options, reference);
  plan.dim = detector ? detector->feature_dim() : 0;
  plan.samples = count_rows(sample, options.sample);
  plan_sides(sample, reference, detector, options, plan);
  Origins origins;
  if (plan.uses_reference) origins.add(*reference, plan.reference, report);
  if (plan.uses_train) origins.add(*options.training_set, plan.train, report);
  origins.add(sample, plan.sample, report);
  if (detector) check_detector(*detector, plan_side(sample, plan.sample).from_images);
  plan.protocol =
      protocol_in_force(options.protocol, detector, {&sample, plan.uses_reference ? reference : nullptr});
  plan.protocols = group_protocols(plan.protocol, detector, detector ? detector->family() : origins.family());
  leave_out_mixed(origins, detector, plan.protocol == kAllProtocols, plan.protocols, report);
  return plan;
}

}  // namespace gdd
