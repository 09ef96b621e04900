// Two sides -> scores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detectors/detector.h"
#include "gdd/metrics/frechet_infinity.h"
#include "gdd/metrics/kernel.h"
#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "measurement/measure_side.h"
#include "scoring/kept_reference.h"
#include "scoring/running_score.h"

namespace gdd {

struct DistanceOptions {
  std::string protocol = "edm";  // or kAllProtocols: all of them, one pass for each way to resize
  std::vector<std::string> metrics = {"fid"};  // fid, fid_infinity, sfid, kid, is, pr, prdc
  SideOptions sample, reference;               // their protocols are set from `protocol`

  bool confidence = false;         // fid: jackknife of the sample's rows, its error and 95 % interval
  InfinityOptions infinity;        // fid_infinity: 15 sizes from N / 10, seed 0
  KernelOptions kid;               // torch-fidelity's defaults: 100 subsets of 1000, seed 2020
  std::int64_t split_size = 5000;  // is: images in a block; torch-fidelity always takes 10 shuffled splits
  std::int64_t k = 0;              // pr, prdc: nearest neighbours; 0: 3 and 5
  bool float16 = false;            // pr: distances as guided-diffusion's evaluator rounds them
  // pr, prdc: multiplies rows (device_products.h); empty: BLAS. Scores are the same. Where a detector is
  // opened that is not on the CPU, its device does.
  std::optional<c10::Device> device;
  // How a score that becomes known while the sample grows is heard of; may be empty. Of images from seeds.
  std::function<void(const RunningScore& score)> running;
  // Shared by copies of these options, as those of several runs are; for one thread.
  std::shared_ptr<KeptReference> kept = std::make_shared<KeptReference>();
};

// Opens the detector; called at most once a comparison, and only when images must be measured.
using OpenDetector = std::function<std::shared_ptr<const Detector>()>;

// Whether the metric of that name needs every row of the reference: statistics alone do not answer for it.
bool needs_reference_rows(const std::string& name);

// What can be refused before the detector is opened: metrics known, arrays present, rows enough. Whether
// images must be measured. Errors: those of compute_distances.
bool check_distances(const FeatureInput& sample, const FeatureInput* reference,
                     const DistanceOptions& options);

// What a comparison is made of, known before any of its work.
struct DistancePlan {
  SideRequest sample, reference;             // what is held of each side
  std::int64_t dim = 0;                      // of pool3
  std::int64_t samples = 0, references = 0;  // rows; 0: its statistics are stored
  bool measures_reference = false;           // images of it go through the detector, unless they are cached
  std::vector<std::vector<std::string>> protocols;  // those whose images are prepared alike stand together
  double bytes = 0;                                 // of both sides and the scores, at once
};

// Of images that go through `detector`. Reads headers only. Errors: those of compute_distances that need no
// work to be found.
DistancePlan plan_distances(const FeatureInput& sample, const FeatureInput* reference,
                            const Detector& detector, const DistanceOptions& options);

// Under a share of the work every process measures its part, and only the leader's report has scores.
// Everything cheap is checked before the detector is opened and before any image is decoded: metrics known,
// arrays present, dimensions alike. `reference` may be null when no metric needs one. The report holds
// scores, warnings, and the provenance of inputs and detector. Usage errors: unknown metric or protocol,
// confidence without fid.
Report compute_distances(const FeatureInput& sample, const FeatureInput* reference,
                         const OpenDetector& open_detector, const DistanceOptions& options);

}  // namespace gdd
