// Finished statistics out of an npz: mu and sigma of EDM, pytorch-fid and TTUR, mu_s and sigma_s of
// guided-diffusion.
#pragma once

#include "gdd/metrics/statistics.h"
#include "measurement/feature_input.h"

namespace gdd {

enum class StatisticsKind { kPool3, kSpatial };  // mu and sigma; mu_s and sigma_s

bool has_statistics(const FeatureInput& input, StatisticsKind kind);

// num_samples is 0: such files do not say. Errors: absent (the arrays present are listed); mu not [D] or
// sigma not [D,D]; values that are not finite.
Statistics load_statistics(const FeatureInput& input, StatisticsKind kind);

}  // namespace gdd
