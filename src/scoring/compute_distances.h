// Two sides -> scores.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "detectors/detector.h"
#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "scoring/options.h"

namespace gdd {

// Opens the detector; called at most once a comparison, and only when images must be measured.
using OpenDetector = std::function<std::shared_ptr<const Detector>()>;

// Under a share of the work every process measures its part, and only the leader's report has scores.
// Everything cheap is checked before the detector is opened and before any image is decoded: metrics known,
// arrays present, dimensions alike. `reference` may be null when no metric needs one. The report holds
// scores, running ones where options.running hears of them, pictures where options.shown_rows asks for them,
// warnings, and the provenance of inputs and detector. Errors: of check_distances and plan_distances
// (distance_plan.h), measure_side and the scores.
Report compute_distances(const FeatureInput& sample, const FeatureInput* reference,
                         const OpenDetector& open_detector, const DistanceOptions& options);

// NaN and infinity are never a result: finite features may be too large to be compared. Error: `score` is, or
// its deviation or interval.
void check_finite(const Score& score, const FeatureInput& sample, const FeatureInput* reference);

// Leaves one of equal warnings, in the order of their letters.
void say_once(std::vector<std::string>& warnings);

// What a report says of one side, and of the network whose features were computed.
void describe(const std::string& name, const FeatureInput& input, const Side& side, Report& report);
void describe(const Detector& detector, Report& report);

}  // namespace gdd
