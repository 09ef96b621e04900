#include "scoring/compute_distances.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "base/memory_budget.h"
#include "detectors/protocol.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "generation/proven_run.h"
#include "measurement/load_reference.h"
#include "scoring/origins.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

// Two sides held as rows for the exact route may take so much memory; beyond it statistics are used.
constexpr std::int64_t kMaxExactBytes = std::int64_t{4} << 30;

struct Metric {
  const char* name;
  bool SideRequest::*sample_need;
  bool SideRequest::*reference_need;
  bool depends_on_count;  // of images, so that less than a protocol's is worth a warning
  void (*score)(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
};

constexpr Metric kMetrics[] = {
    {"fid", &SideRequest::statistics, &SideRequest::statistics, true, score_fid},
    {"fid_infinity", &SideRequest::features, &SideRequest::statistics, true, score_fid_infinity},
    {"sfid", &SideRequest::spatial_statistics, &SideRequest::spatial_statistics, true, score_sfid},
    {"kid", &SideRequest::exact_features, &SideRequest::exact_features, true, score_kid},
    {"is", &SideRequest::probabilities, nullptr, false, score_inception},
    {"pr", &SideRequest::features, &SideRequest::features, false, score_precision_recall},
    {"prdc", &SideRequest::features, &SideRequest::features, false, score_prdc},
};

const Metric& find_metric(const std::string& name) {
  std::string known;
  for (const Metric& metric : kMetrics) {
    if (name == metric.name) return metric;
    known += (known.empty() ? "" : ", ") + std::string(metric.name);
  }
  throw Error::usage("--metrics", "'" + name + "' is not known", "known: " + known);
}

bool depends_on_count(const std::string& name) { return find_metric(name).depends_on_count; }

struct Requests {
  SideRequest sample, reference;
};

Requests make_requests(const DistanceOptions& options, const FeatureInput* reference) {
  Requests requests;
  for (const std::string& name : options.metrics) {
    const Metric& metric = find_metric(name);
    if (metric.reference_need && !reference) throw Error::usage("--ref", "is needed for " + name);
    requests.sample.*metric.sample_need = true;
    if (metric.reference_need) requests.reference.*metric.reference_need = true;
  }
  if (options.confidence && !requests.sample.statistics)
    throw Error::usage("--confidence", "is of fid, which --metrics does not name");
  requests.sample.blocks = options.confidence;
  requests.sample.rows_first = true;  // the sample is what its images are
  // KID needs the reference's rows, and its FID is then of them too. Other scores may be of stored statistics
  // and of images beside them: guided-diffusion's references are made for that.
  requests.reference.rows_first = requests.reference.exact_features;
  return requests;
}

// Dimensions known before any work must agree: of the files, and of the detector where images go through it.
std::int64_t common_dim(const FeatureInput& sample, const FeatureInput& reference, const Requests& requests,
                        const Detector* detector) {
  std::int64_t dim = detector ? detector->feature_dim() : 0;
  std::string owner = detector ? "the detector '" + detector->name() + "'" : "";
  for (const FeatureInput* input : {&sample, &reference}) {
    const SideRequest& request = input == &sample ? requests.sample : requests.reference;
    const std::int64_t found = stored_dim(*input, request, StatisticsKind::kPool3);
    if (found == 0) continue;
    if (dim != 0 && found != dim)
      throw Error(input->spec(),
                  "holds features of " + std::to_string(found) + " dimensions, " + owner + " of " +
                      std::to_string(dim),
                  "use the reference and the detector that belong together");
    dim = found;
    owner = input->spec();
  }
  return dim;
}

// With no more rows than dimensions on either side a covariance is singular, and the distance is exact only
// from the rows themselves; so they are kept, if both sides have them.
void choose_route(const FeatureInput& sample, const FeatureInput& reference, std::int64_t dim,
                  const DistanceOptions& options, Requests& requests) {
  if (!requests.sample.statistics || dim == 0) return;
  if (uses_statistics(sample, requests.sample, StatisticsKind::kPool3) ||
      uses_statistics(reference, requests.reference, StatisticsKind::kPool3))
    return;
  const std::int64_t n = count_rows(sample, options.sample), m = count_rows(reference, options.reference);
  if ((n > dim && m > dim) || (n + m) * dim * std::int64_t{sizeof(double)} > kMaxExactBytes) return;
  requests.sample.statistics = false;  // the reference's may serve other scores
  requests.sample.exact_features = requests.reference.exact_features = true;
}

// Of the manifolds of so many rows, in float64 numbers: a copy as float32 where the mean is taken away, the
// neighbours kept, a thread's block of products and the same in float64 with its rows, and 256 rows of
// distances.
double manifold_memory(double rows, double d, std::int64_t k) {
  constexpr double kBlock = 1024;
  return rows * (d / 2 + 2 * std::min(static_cast<double>(k) + 12, 268.0) + 4 + 256) +
         at::get_num_threads() * kBlock * (2.5 * kBlock + 2 * d);
}

// What the scores hold beside the two sides, in bytes. A distance of covariances has two more matrices [D,D]
// than the six of both sides while they are accumulated; that of rows four, and the rows once more; kid two
// subsets and their products; pr in float16 1024 rows of distances.
double score_memory(const FeatureInput& sample, const FeatureInput& reference, std::int64_t dim,
                    const Requests& requests, const DistanceOptions& options) {
  const auto d = static_cast<double>(dim);
  const auto rows = static_cast<double>(count_rows(sample, options.sample)),
             others = static_cast<double>(count_rows(reference, options.reference));
  const auto asked = [&](const char* name) {
    return std::find(options.metrics.begin(), options.metrics.end(), name) != options.metrics.end();
  };
  double values = 0;
  if (asked("fid") || asked("fid_infinity"))
    values = requests.sample.statistics ? 2 * d * d : 4 * d * d + (rows + others) * d;
  if (const auto size = static_cast<double>(options.kid.subset_size); asked("kid"))
    values = std::max(values, 2 * size * d + size * size);
  for (const bool prdc : {false, true})
    if (asked(prdc ? "prdc" : "pr"))
      values =
          std::max(values, options.float16 ? 1024 * (std::max(rows, others) + 3 * d)
                                           : manifold_memory(rows + others, d, neighbours(prdc, options)));
  return values * sizeof(double);
}

// Both sides are measured, and held, at once.
double memory_of(const FeatureInput& sample, const FeatureInput& reference, std::int64_t dim,
                 const Detector* detector, const Requests& requests, const DistanceOptions& options) {
  return side_memory(sample, requests.sample, detector, options.sample) +
         side_memory(reference, requests.reference, detector, options.reference) +
         score_memory(sample, reference, dim, requests, options);
}

void check_memory(const FeatureInput& sample, const FeatureInput& reference, std::int64_t dim,
                  const Detector* detector, const Requests& requests, const DistanceOptions& options) {
  const bool larger = side_memory(sample, requests.sample, detector, options.sample) >
                      side_memory(reference, requests.reference, detector, options.reference);
  require_memory((larger ? sample : reference).spec(),
                 "scores of " + std::to_string(count_rows(sample, options.sample)) + " rows against " +
                     std::to_string(count_rows(reference, options.reference)) + " in " + std::to_string(dim) +
                     " dimensions",
                 memory_of(sample, reference, dim, detector, requests, options));
}

void warn_about_count(const FeatureInput& input, const SideOptions& options, const Protocol& protocol) {
  const std::int64_t rows = count_rows(input, options);
  if (rows == 0 || rows >= protocol.expected_images) return;
  options.observer->warn(input.spec() + ": " + std::to_string(rows) + " images; protocol " + protocol.name +
                         " expects " + std::to_string(protocol.expected_images) +
                         ", and the distance depends on the count");
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
    if ((name == "pr" || name == "prdc") && rows <= neighbours(name == "prdc", options))
      throw Error(input.spec(), name + " needs more rows than neighbours, found " + std::to_string(rows));
  }
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

// Protocols whose images reach the network alike, so that one pass serves them all. Without a detector there
// is nothing to prepare, and all are alike.
using Group = std::vector<const Protocol*>;

std::vector<Group> group_protocols(const std::string& name, const Detector* detector) {
  if (name != kAllProtocols) return {{&find_protocol(name)}};
  std::vector<std::string> keys;
  std::vector<Group> groups;
  for (const Protocol& protocol : all_protocols()) {
    const std::string key =
        detector ? detector->preparation_name(protocol.name) + (protocol.equal_sizes ? "=" : "") : "";
    const auto found = std::find(keys.begin(), keys.end(), key);
    const auto place = static_cast<std::size_t>(found - keys.begin());
    if (found == keys.end()) {
      keys.push_back(key);
      groups.emplace_back();
    }
    groups[place].push_back(&protocol);
  }
  return groups;
}

// Of all protocols those that fit stored data; the others are warned of. One that was asked for by name must
// fit.
void leave_out_mixed(const Origins& origins, const Detector* detector, bool all, std::vector<Group>& groups,
                     Report& report) {
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
  for (Group& group : groups) std::erase_if(group, is_mixed);
  std::erase_if(groups, [](const Group& group) { return group.empty(); });
  if (groups.empty()) throw Error("--protocol all", "none fits: " + refusal);
}

struct Sides {
  Side sample, reference;
};

// Files are read side by side. With a detector the reference comes first: where it is a file of statistics it
// is quickly refused.
Sides measure_sides(const FeatureInput& sample, const FeatureInput* reference, const Requests& requests,
                    const Detector* detector, const DistanceOptions& options) {
  Sides sides;
  SideOptions sampling = options.sample;
  RunningFid running(sides.reference, *options.kept, sampling.extract.request.protocol, options.running);
  if (sampling.seeded && options.running && reference && requests.reference.statistics)
    sampling.seeded->after_part = [&](const FeatureParts& kept) {
      running.advance(kept, *sampling.observer);
    };
  std::future<Side> later = std::async(detector ? std::launch::deferred : std::launch::async, [&] {
    return measure_side(sample, requests.sample, detector, sampling);
  });
  if (reference) sides.reference = measure_side(*reference, requests.reference, detector, options.reference);
  sides.sample = later.get();
  return sides;
}

// Of images from seeds the features of every group are made in one pass.
void name_preparations(const std::vector<Group>& groups, SideOptions& sample) {
  if (!sample.seeded) return;
  sample.seeded->protocols.clear();
  for (const Group& group : groups) sample.seeded->protocols.emplace_back(group[0]->measured_as);
}

// NaN and infinity are never a result: finite features may be too large to be compared.
void check_finite(const Score& score, const FeatureInput& sample, const FeatureInput* reference) {
  const bool interval =
      !score.interval || (std::isfinite(score.interval->first) && std::isfinite(score.interval->second));
  if (std::isfinite(score.value) && std::isfinite(score.std.value_or(0)) && interval) return;
  throw Error(sample.spec(),
              score.name + (reference ? " against " + reference->spec() : std::string()) +
                  " is NaN or infinity: the numbers in them are too large",
              "check what made them");
}

void describe(const std::string& name, const FeatureInput& input, const Side& side, Report& report) {
  report.provenance.push_back({"inputs." + name, input.description()});
  report.provenance.push_back({"hashes." + name, side.hash});
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

void describe(const Detector& detector, Report& report) {
  report.provenance.push_back({"detector", detector.name()});
  report.provenance.push_back({"hashes.weights", detector.weights_sha256()});
  if (detector.label().empty()) return;
  for (Score& score : report.scores) score.notes.emplace_back("features", detector.label());
  report.warnings.push_back(detector.label());
}

}  // namespace

bool needs_reference_rows(const std::string& name) {
  return std::ranges::any_of(kMetrics, [&](const Metric& metric) {
    return name == metric.name && (metric.reference_need == &SideRequest::features ||
                                   metric.reference_need == &SideRequest::exact_features);
  });
}

bool check_distances(const FeatureInput& sample, const FeatureInput* reference,
                     const DistanceOptions& options) {
  if (options.protocol != kAllProtocols) find_protocol(options.protocol);  // refuses an unknown one
  const Requests requests = make_requests(options, reference);
  if (requests.reference == SideRequest{}) reference = nullptr;  // no metric looks at it
  bool measures = needs_detector(sample, requests.sample);
  if (reference) measures = needs_detector(*reference, requests.reference) || measures;
  check_counts(sample, options.sample, options);
  check_sample_count(sample, options);
  if (reference) check_counts(*reference, options.reference, options);
  return measures;
}

Report compute_distances(const FeatureInput& sample, const FeatureInput* reference,
                         const OpenDetector& open_detector, const DistanceOptions& given) {
  DistanceOptions options = given;
  const bool measures = check_distances(sample, reference, options);
  Requests requests = make_requests(options, reference);
  if (requests.reference == SideRequest{}) reference = nullptr;  // no metric looks at it
  std::shared_ptr<const Detector> detector;
  if (measures) detector = open_detector();
  if (detector && !detector->device().is_cpu()) options.device = detector->device();

  if (reference) {
    const std::int64_t dim = common_dim(sample, *reference, requests, detector.get());
    choose_route(sample, *reference, dim, options, requests);
    check_memory(sample, *reference, dim, detector.get(), requests, options);
  }

  Report report;
  Origins origins;
  if (reference) origins.add(*reference, requests.reference, report);
  origins.add(sample, requests.sample, report);
  std::vector<Group> groups = group_protocols(given.protocol, detector.get());
  leave_out_mixed(origins, detector.get(), given.protocol == kAllProtocols, groups, report);
  name_preparations(groups, options.sample);
  Sides sides;
  for (const Group& group : groups) {
    options.sample.extract.request.protocol = options.reference.extract.request.protocol =
        group[0]->measured_as;
    sides = measure_sides(sample, reference, requests, detector.get(), options);
    if (options.sample.share && !options.sample.share->leads()) continue;  // its features are all it gives
    for (const Protocol* protocol : group) {
      if (std::ranges::any_of(options.metrics, depends_on_count))
        warn_about_count(sample, options.sample, *protocol);
      options.protocol = protocol->name;
      for (const std::string& name : options.metrics)
        find_metric(name).score(sides.sample, sides.reference, options, report);
      for (const Score& score : report.scores) check_finite(score, sample, reference);
    }
  }
  report.provenance.push_back({"protocol", given.protocol});
  describe("images", sample, sides.sample, report);
  describe_run(sample, report);
  if (reference) describe("ref", *reference, sides.reference, report);
  if (detector) describe(*detector, report);
  std::sort(report.warnings.begin(), report.warnings.end());  // protocols of a group give equal ones
  report.warnings.erase(std::unique(report.warnings.begin(), report.warnings.end()), report.warnings.end());
  return report;
}

DistancePlan plan_distances(const FeatureInput& sample, const FeatureInput* reference,
                            const Detector& detector, const DistanceOptions& options) {
  check_distances(sample, reference, options);
  Requests requests = make_requests(options, reference);
  if (requests.reference == SideRequest{}) reference = nullptr;
  DistancePlan plan;
  plan.dim = detector.feature_dim();
  plan.samples = count_rows(sample, options.sample);
  plan.bytes = side_memory(sample, requests.sample, &detector, options.sample);
  Report unsaid;
  Origins origins;
  if (reference) {
    plan.dim = common_dim(sample, *reference, requests, &detector);
    choose_route(sample, *reference, plan.dim, options, requests);
    check_memory(sample, *reference, plan.dim, &detector, requests, options);
    plan.bytes = memory_of(sample, *reference, plan.dim, &detector, requests, options);
    const bool rows = requests.reference.features || requests.reference.exact_features ||
                      !uses_statistics(*reference, requests.reference, StatisticsKind::kPool3);
    if (rows) plan.references = count_rows(*reference, options.reference);
    plan.measures_reference = needs_detector(*reference, requests.reference);
    origins.add(*reference, requests.reference, unsaid);
  }
  plan.sample = requests.sample;
  plan.reference = requests.reference;
  std::vector<Group> groups = group_protocols(options.protocol, &detector);
  leave_out_mixed(origins, &detector, options.protocol == kAllProtocols, groups, unsaid);
  for (const Group& group : groups) {
    std::vector<std::string>& names = plan.protocols.emplace_back();
    for (const Protocol* protocol : group) names.emplace_back(protocol->name);
  }
  return plan;
}

}  // namespace gdd
