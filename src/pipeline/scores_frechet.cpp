#include "gdd/metrics/frechet.h"
#include "pipeline/scores.h"

namespace gdd {
namespace {

void add_score(const char* name, const FrechetResult& result, const Side& sample,
               const DistanceOptions& options, Report& report) {
  Score score;
  score.name = name;
  score.value = result.distance;
  score.protocol = options.protocol;
  score.num_samples = sample.num_samples;
  score.notes = {{"route", result.route}};
  report.scores.push_back(std::move(score));
  for (const std::string& warning : result.warnings)
    report.warnings.push_back(std::string(name) + ": " + warning);
}

}  // namespace

void score_fid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  const bool exact = !sample.exact_features.empty() && !reference.exact_features.empty();
  add_score("fid",
            exact ? frechet_distance(sample.exact_view(), reference.exact_view())
                  : frechet_distance(sample.statistics.value(), reference.statistics.value()),
            sample, options, report);
}

void score_sfid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report) {
  add_score("sfid", frechet_distance(sample.spatial_statistics.value(), reference.spatial_statistics.value()),
            sample, options, report);
}

}  // namespace gdd
