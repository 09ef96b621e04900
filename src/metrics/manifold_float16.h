// Manifolds with the distances that guided-diffusion's evaluator has: in float16, whatever that costs.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/manifold.h"

namespace gdd {

// `done` counts the rows of three passes. Memory: 1024 rows of distances.
ManifoldScores manifold_scores_float16(FeaturesF32 sample, FeaturesF32 reference,
                                       const ManifoldOptions& options,
                                       const std::function<void(std::int64_t rows)>& done);

}  // namespace gdd
