// Features that were computed once, kept in a folder under a key of everything they depend on: the bytes of
// the images, the weights, how images are prepared, the kind of device. gdd-is, gdd-pr and gdd-fid share
// them.
#pragma once

#include <memory>
#include <string>

#include "detectors/detector.h"
#include "pipeline/accumulate_statistics.h"
#include "pipeline/extract_features.h"
#include "pipeline/feature_input.h"

namespace gdd {

struct CachedFeatures {
  std::unique_ptr<FeatureInput> input;  // features, and spatial and probabilities where the detector has them
  ExtractSummary summary;               // of the images
};

// Reads FOLDER/KEY.npz, or makes it from the images that options.selection chooses. Two processes may do so
// at once: each writes a file of its own and renames it. A file that cannot be read is a warning, and made
// anew.
CachedFeatures cached_features(const FeatureInput& images, const Detector& detector,
                               const SideOptions& options);

}  // namespace gdd
