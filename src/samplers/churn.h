// EDM, algorithm 2, line 4: by how much a step raises its noise level first.
#pragma once

#include <ATen/core/Tensor.h>

#include "samplers/sampler.h"

namespace gdd {

// gamma at noise level `level`, float64 []: min(S_churn / N, sqrt(2) - 1) within [S_min, S_max], else 0.
// Waits for a device only where S_churn is not 0.
double churn_at(const SamplerOptions& options, const at::Tensor& level);

}  // namespace gdd
