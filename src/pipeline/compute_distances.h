// Two sides -> scores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "detectors/detector.h"
#include "gdd/report.h"
#include "pipeline/accumulate_statistics.h"
#include "pipeline/feature_input.h"

namespace gdd {

struct DistanceOptions {
  std::string protocol = "edm";
  std::vector<std::string> metrics = {"fid"};  // fid, sfid, kid, is, pr, prdc
  SideOptions sample, reference;               // their protocols are set from `protocol`

  // KID (Binkowski et al. 2018): torch-fidelity's defaults.
  std::int64_t kid_subsets = 100, kid_subset_size = 1000;
  std::uint32_t kid_seed = 2020;
  // Inception Score: images in a block, protocol adm; torch-fidelity takes 10 splits after a seeded shuffle.
  std::int64_t split_size = 5000;
  // Nearest neighbours; 0: the protocol's (pr 3, prdc 5).
  int k = 0;
};

// Opens the detector; called at most once, and only when images must be measured.
using OpenDetector = std::function<std::unique_ptr<Detector>()>;

// Everything cheap is checked before the detector is opened and before any image is decoded: metrics known,
// arrays present, dimensions alike. `reference` may be null when no metric needs one. The report holds
// scores, warnings, and the provenance of inputs and detector. Usage errors: unknown metric or protocol.
Report compute_distances(const FeatureInput& sample, const FeatureInput* reference,
                         const OpenDetector& open_detector, const DistanceOptions& options);

}  // namespace gdd
