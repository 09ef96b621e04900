// Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020): each set's
// manifold is the union of balls around its points, whose radius is the distance to the k-th nearest
// neighbour in the same set.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/features.h"

namespace gdd {

// Inner products of rows with rows, out [a.rows, b.rows] = A B^T, in float32: each sum of D products rounded
// as float32 sums are, in any order (no TF32, no bfloat16). Called from several threads at once.
using RowProducts = std::function<void(FeaturesF32 a, FeaturesF32 b, float* out)>;

struct ManifoldOptions {
  std::int64_t k = 3;  // 1 <= k < N of either set; guided-diffusion 3, prdc 5
  bool strict =
      false;  // a point on the boundary counts: false (guided-diffusion, <=), true: it does not (prdc, <)
  // Distances in float16, as guided-diffusion's evaluator has them unless they overflow (an Error here): for
  // comparison with its numbers. Sums are taken in float64 and rounded once, so a tie may fall otherwise.
  bool float16 = false;
  // Steps of the work, from the calling thread; it may throw, which ends the work.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  int threads = 0;            // 0: one a processor
  RowProducts products = {};  // empty: BLAS; a device computes them where one is given
};

struct ManifoldScores {
  double precision = 0;  // share of samples inside the reference manifold
  double recall = 0;     // share of references inside the sample manifold
  double density = 0;    // mean number of reference balls around a sample, over k; can exceed 1
  double coverage = 0;   // share of reference balls that hold a sample
};

// Exact, and the same whatever the threads: distances come from products in float32, with a bound of their
// rounding; where it leaves open on which side of a radius a pair lies, its distance is computed again as a
// sum of squared differences in float64. So equal points have distance 0 and ties are ties. Memory beside the
// features: a block of 1024 x 1024 products a thread, in float64 where much of it is left open, and two times
// k + 12 neighbours a row; once more the features, where their mean is large beside their deviations. Above
// k = 256: 256 rows of float64 distances. Errors: dimensions differ, k out of range, NaN or
// infinity.
ManifoldScores manifold_scores(FeaturesF32 sample, FeaturesF32 reference,
                               const ManifoldOptions& options = {});

}  // namespace gdd
