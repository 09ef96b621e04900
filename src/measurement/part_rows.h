// Kept features -> one side: the rows of parts, in order, and what is said of their images.
#pragma once

#include <cstdint>
#include <optional>

#include "base/observer.h"
#include "measurement/collector.h"
#include "measurement/extract_features.h"
#include "measurement/feature_input.h"
#include "measurement/feature_parts.h"
#include "measurement/side_plan.h"

namespace gdd {

class PartRows {
 public:
  // What `request` asks for goes to `collector`. `meanwhile` as SideOptions::rows_meanwhile. All live longer.
  PartRows(const FeatureParts& kept, const SideRequest& request, std::optional<bool> meanwhile,
           Collector& collector);

  // While parts are measured: takes those that were made or read here.
  void advance();

  // Takes the rest, all of which is there in the leader, of `images` images of `input`. Errors: a part
  // without an array that is asked for, or with fewer rows in it; more images or fewer; what
  // check_equal_sizes and the collector refuse.
  ExtractSummary finish(const FeatureInput& input, std::int64_t images, Observer& observer);

 private:
  void take(std::int64_t number);

  const FeatureParts& kept_;
  const SideRequest& request_;
  bool meanwhile_;
  Collector& collector_;
  std::int64_t next_ = 0;
  ExtractSummary summary_;
};

}  // namespace gdd
