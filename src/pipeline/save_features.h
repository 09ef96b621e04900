// Images -> files: the features of every image, or their mean and covariance as a reference.
#pragma once

#include <string>

#include "detectors/detector.h"
#include "pipeline/accumulate_statistics.h"
#include "pipeline/feature_input.h"

namespace gdd {

// Writes `features` [N,D] float32, and where options.extract.request asks for them `spatial` and
// `probabilities`, in the order of the images. The file appears whole or not at all; memory does not grow
// with N (the second and third array wait in temporary files beside it).
ExtractSummary save_features(const FeatureInput& input, const Detector& detector, const SideOptions& options,
                             const std::string& dest);

// Writes `mu` [D] and `sigma` [D,D] float64 as EDM's `fid.py ref`, and `mu_s`, `sigma_s` of the spatial
// features when the side has them.
void save_reference(const Side& side, const std::string& dest);

}  // namespace gdd
