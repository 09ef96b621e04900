// What a comparison is made of, known before any of its work.
#pragma once

#include <cstdint>
#include <vector>

#include "detectors/detector.h"
#include "detectors/protocol.h"
#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "measurement/side_plan.h"
#include "scoring/options.h"

namespace gdd {

// Protocols whose images reach the network alike, so that one pass serves them all; at least one.
using ProtocolGroup = std::vector<const Protocol*>;

struct DistancePlan {
  SideRequest sample, reference, train;  // what is held of each side
  bool uses_reference = false;           // else no metric looks at it, or there is none
  bool uses_train = false;
  std::int64_t dim = 0;                                  // of pool3
  std::int64_t samples = 0, references = 0, trains = 0;  // rows; 0: its statistics are stored
  // Images of it go through the detector, unless they are cached.
  bool measures_reference = false, measures_train = false;
  std::string protocol;  // in force: as asked, or what goes without saying
  std::vector<ProtocolGroup> protocols;
  double bytes = 0;  // of all sides and the scores, at once
};

// What can be refused before the detector is opened: metrics known, arrays present, rows enough. Whether
// images must be measured. `reference` may be null when no metric needs one. Usage errors: unknown metric or
// protocol, confidence without fid, a training set without authpct or the other way round. Errors: of
// needs_detector; too few rows.
bool check_distances(const FeatureInput& sample, const FeatureInput* reference,
                     const DistanceOptions& options);

// After check_distances. `detector` is null where no images are measured. Reads headers only. What the files
// do not say, and protocols that are left out, are warnings of `report`. Errors: dimensions that differ; more
// memory than is allowed; sides of other networks or preparations.
DistancePlan plan_distances(const FeatureInput& sample, const FeatureInput* reference,
                            const Detector* detector, const DistanceOptions& options, Report& report);

}  // namespace gdd
