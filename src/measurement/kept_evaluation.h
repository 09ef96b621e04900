// The folder of an evaluation (gdd-eval), whose images are not there and whose features are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measurement/feature_input.h"
#include "measurement/provenance.h"

namespace gdd {

// The features that gdd-eval kept in `folder` of images from seeds, prepared as `protocol` wants them.
// Nothing: the folder is none of an evaluation, or keeps none for that protocol. Errors: parts of it are
// missing or damaged; it keeps those of several detectors or precisions.
std::optional<FeatureInput> open_kept_evaluation(const std::string& folder, const std::string& protocol);

// What made the sets of features that gdd-eval kept in `folder`, by their first parts. Nothing: the folder is
// none of an evaluation, or keeps none.
std::vector<Provenance> kept_provenances(const std::string& folder);

}  // namespace gdd
