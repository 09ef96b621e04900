// Where a file of features says of which images its rows are, for whoever reads it: each image's hash in
// hexadecimal letters; how many images there were, and of which kinds; their classes, where these are known.
#pragma once

#include "archive/npz.h"
#include "measurement/extract_features.h"
#include "measurement/feature_input.h"

namespace gdd {

void add_summary(NpzWriter& npz, const ExtractSummary& summary);

// Error: it is not there, or not of these rows.
ExtractSummary read_summary(const FeatureInput& file);

}  // namespace gdd
