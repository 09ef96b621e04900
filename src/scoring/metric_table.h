// The table of scores: what each needs of either side, and who computes and foretells it.
#pragma once

#include <string>
#include <vector>

#include "gdd/report.h"
#include "measurement/measure_side.h"
#include "scoring/options.h"
#include "scoring/score_cost.h"

namespace gdd {

// The metric that is no one number: the scores of each class, of both sides' labels.
inline constexpr const char* kPerClass = "per_class";

struct Metric {
  const char* name;
  bool SideRequest::*sample_need;
  bool SideRequest::*reference_need;  // nullptr: it looks at the sample alone
  bool depends_on_count;              // of images, so that less than a protocol's is worth a warning
  void (*score)(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
  Cost (*cost)(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
  bool SideRequest::*train_need = nullptr;  // of the training set, which `score` then takes for the reference
};

std::vector<std::string> metric_names();  // in the order of the table

// Usage error: it is not known (known ones are listed).
const Metric& find_metric(const std::string& name);

// Whether the metric of that name needs every row of the reference: statistics alone do not answer for it.
bool needs_reference_rows(const std::string& name);

// Whether it is one that is scored against the training set.
bool needs_train(const std::string& name);

}  // namespace gdd
