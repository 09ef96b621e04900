#include "cli/compare.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/joined.h"
#include "base/number_text.h"
#include "cli/metric_flags.h"
#include "cli/score_run.h"
#include "gdd/error.h"
#include "generation/image_parts.h"
#include "measurement/kept_evaluation.h"
#include "measurement/provenance.h"
#include "scoring/block_scores.h"
#include "scoring/compare_samples.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-eval compare results/new results/old --ref refs/cifar10-32x32.npz       # the folders of two evaluations
  gdd-eval compare a.npz b.npz --ref ref.npz --metrics fid,kid,pr             # features, or images
  gdd-eval compare a.zip b.zip --ref photos --detector inception.pth --json comparison.json)";

struct CompareFlags {
  ScoreFlags score;
  std::string first, second, ref;
  DistanceOptions distances;
};

void add_flags(CLI::App& app, CompareFlags& flags) {
  app.add_option("A", flags.first, "Folder of gdd-eval or gdd-sample, or what gdd-fid calc --images takes")
      ->type_name("FILE")
      ->required();
  app.add_option("B", flags.second, "The same; of A's seeds, the noise that they share cancels")
      ->type_name("FILE")
      ->required();
  app.add_option("--ref", flags.ref,
                 "npz with mu and sigma, or (all but fid) features or images; taken as exact")
      ->type_name("FILE")
      ->required();
  app.add_option("--metrics", flags.distances.metrics,
                 "What to compare by: " + joined(comparable_metrics()) +
                     " (its density before the cut, its coverage before calibration)")
      ->delimiter(',')
      ->check(suggest(comparable_metrics()))
      ->capture_default_str();
  app.add_option("--k", flags.distances.k, "Neighbours  [default: pr 3, prdc and clipped 5]")
      ->check(whole_number(1));
  add_detector_flags(app, flags.score);
  add_source_flags(app, flags.score);
  add_subset_flags(app, flags.score);
  add_html_flag(app, flags.score);
  add_shared_flags(app, flags.score.shared);
  describe_detector_precision(app);
}

FeatureInput open_sample(const std::string& path, const std::string& protocol) {
  if (std::optional<FeatureInput> kept = open_kept_evaluation(path, protocol)) return std::move(*kept);
  try {
    return FeatureInput(path);
  } catch (const Error&) {
    if (find_run_settings(path).empty()) throw;
    throw Error(path, "an evaluation that keeps no images, and no features for protocol " + protocol,
                "name the protocol that it was evaluated under, or evaluate it under this one");
  }
}

// Under which evaluations are compared: as asked, or what both sides keep, where that is one; else what goes
// without saying. A side that is no evaluation has no say. No detector is looked at but the one that is
// named.
std::string protocol_of_kept(const ScoreFlags& flags, std::vector<Provenance> first,
                             std::vector<Provenance> second, const FeatureInput& reference) {
  if (!flags.protocol.empty()) return flags.protocol;
  if (first.empty()) first.swap(second);
  std::set<std::string> common;
  for (const Provenance& made : first)
    if (second.empty() || std::ranges::count(second, made.protocol, &Provenance::protocol) > 0)
      common.insert(made.protocol);
  if (common.size() == 1) return *common.begin();
  std::optional<Family> family = named_family(flags);
  if (!family && !first.empty()) family = first[0].family;
  return protocol_in_force("", family, {&reference});
}

// "fid: A is better, lower by 0.48, between 0.2 and 0.7 (95 %)".
std::string sentence(const Difference& difference) {
  const Confidence& interval = difference.confidence;
  if (difference.value() == 0 && interval.std_error == 0) return difference.name + ": A and B are equal\n";
  if (!difference.is_shown())
    return difference.name + ": no difference is shown; that of A and B lies between " +
           number_text("%.4g", interval.low) + " and " + number_text("%.4g", interval.high) + " (95 %)\n";
  const bool first = difference.first_is_better();
  const double low = std::abs(interval.low), high = std::abs(interval.high);
  return difference.name + ": " + (first ? "A" : "B") + " is better, " +
         (difference.less_is_better ? "lower" : "higher") + " by " +
         number_text("%.4g", std::abs(difference.value())) + ", between " +
         number_text("%.4g", std::min(low, high)) + " and " + number_text("%.4g", std::max(low, high)) +
         " (95 %)\n";
}

std::string table(const std::vector<Difference>& differences) {
  char line[160];
  std::snprintf(line, sizeof line, "%-12s %12s %12s %12s %12s\n", "score", "A", "B", "A - B", "std. error");
  std::string text = line;
  for (const Difference& each : differences) {
    std::snprintf(line, sizeof line, "%-12s %12.6g %12.6g %12.6g %12.4g\n", each.name.c_str(), each.first,
                  each.second, each.value(), each.confidence.std_error);
    text += line;
  }
  for (const Difference& each : differences) text += sentence(each);
  return text;
}

}  // namespace

int compare_main(int argc, char** argv) {
  CLI::App app("Whether A is better than B: differences of their scores, with 95 % intervals",
               "gdd-eval compare");
  app.footer(kExamples);
  CompareFlags flags;
  add_flags(app, flags);
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  for (const std::string& metric : flags.distances.metrics) expect_comparable(metric);
  ScoreRun run(flags.score);
  FileRoles files;
  files.input("A", flags.first);
  files.input("B", flags.second);
  files.input("--ref", flags.ref);
  run.check_files(files);
  FeatureInput reference(flags.ref);
  const std::vector<Provenance> kept = kept_provenances(flags.first), others = kept_provenances(flags.second);
  const std::string protocol = protocol_of_kept(flags.score, kept, others, reference);
  const FeatureInput first = open_sample(flags.first, protocol), second = open_sample(flags.second, protocol);
  prefer_family_of(first, reference);
  DistanceOptions options = flags.distances;
  options.metrics = metrics_asked(options);
  run.complete(options);
  options.protocol = kept.empty() && others.empty() ? flags.score.protocol : protocol;
  SampleComparison comparison = compare_samples(first, second, reference, run.opener(&reference), options);
  run.finish(comparison.report, table(comparison.differences));
  return 0;
}

}  // namespace gdd
