// Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020): each set's
// manifold is the union of balls around its points, whose radius is the distance to the k-th nearest
// neighbour in the same set.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/features.h"

namespace gdd {

struct ManifoldOptions {
  std::int64_t k = 3;  // 1 <= k < N of either set; guided-diffusion 3, prdc 5
  bool strict =
      false;  // a point on the boundary counts: false (guided-diffusion, <=), true: it does not (prdc, <)
  // Distances in float16, as guided-diffusion's evaluator has them unless they overflow (an Error here): for
  // comparison with its numbers. Sums are taken in float64 and rounded once, so a tie may fall otherwise.
  bool float16 = false;
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // rows of three passes
};

struct ManifoldScores {
  double precision = 0;  // share of samples inside the reference manifold
  double recall = 0;     // share of references inside the sample manifold
  double density = 0;    // mean number of reference balls around a sample, over k; can exceed 1
  double coverage = 0;   // share of reference balls that hold a sample
};

// Exact: distances that rounding could put on either side of a radius are computed again as sums of squared
// differences in float64, so equal points have distance 0 and ties are ties. Memory beside the features:
// about 1024 rows of distances. Errors: dimensions differ, k out of range, NaN or infinity.
ManifoldScores manifold_scores(FeaturesF32 sample, FeaturesF32 reference,
                               const ManifoldOptions& options = {});

}  // namespace gdd
