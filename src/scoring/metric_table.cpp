#include "scoring/metric_table.h"

#include <algorithm>

#include "base/joined.h"
#include "gdd/error.h"
#include "scoring/class_scores.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

constexpr Metric kMetrics[] = {
    {"fid", &SideRequest::statistics, &SideRequest::statistics, true, score_fid, cost_of_fid},
    {"fid_infinity", &SideRequest::features, &SideRequest::statistics, true, score_fid_infinity,
     cost_of_fid_infinity},
    {"sfid", &SideRequest::spatial_statistics, &SideRequest::spatial_statistics, true, score_sfid,
     cost_of_sfid},
    {"kid", &SideRequest::exact_features, &SideRequest::exact_features, true, score_kid, cost_of_kid},
    {"is", &SideRequest::probabilities, nullptr, false, score_inception, cost_of_inception},
    {"pr", &SideRequest::features, &SideRequest::features, false, score_precision_recall, cost_of_manifolds},
    {"prdc", &SideRequest::features, &SideRequest::features, false, score_prdc, cost_of_manifolds},
    {"clipped", &SideRequest::features, &SideRequest::features, false, score_clipped, cost_of_clipped},
    {"mind", &SideRequest::features, &SideRequest::features, true, score_mind, cost_of_mind},
    {"authpct", &SideRequest::features, nullptr, false, score_authpct, cost_of_authpct,
     &SideRequest::features},
    {kPerClass, &SideRequest::features, &SideRequest::features, true, score_classes, cost_of_classes},
};

}  // namespace

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Metric& metric : kMetrics) names.emplace_back(metric.name);
  return names;
}

const Metric& find_metric(const std::string& name) {
  for (const Metric& metric : kMetrics)
    if (name == metric.name) return metric;
  throw Error::usage("--metrics", "'" + name + "' is not known", "known: " + joined(metric_names()));
}

bool needs_reference_rows(const std::string& name) {
  return std::ranges::any_of(kMetrics, [&](const Metric& metric) {
    return name == metric.name && (metric.reference_need == &SideRequest::features ||
                                   metric.reference_need == &SideRequest::exact_features);
  });
}

bool needs_train(const std::string& name) {
  return std::ranges::any_of(kMetrics,
                             [&](const Metric& metric) { return name == metric.name && metric.train_need; });
}

}  // namespace gdd
