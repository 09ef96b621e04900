// Clipped Density and Clipped Coverage (Salvy, Talbot & Thirion, "Enhanced Generative Model Evaluation with
// Clipped Density and Coverage", ICLR 2026, arXiv 2507.01761), of a sample of M rows against a reference of
// N. A score of x says that a share of x of the sample is good; both are 1 for a sample like the reference.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/features.h"
#include "gdd/metrics/manifold.h"

namespace gdd {

struct ClippedOptions {
  std::int64_t k = 5;  // K: 1 <= k < N and M
  // As ManifoldOptions'.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  int threads = 0;
  RowProducts products = {};
};

struct ClippedScores {
  double density = 0;   // relative_density, at most 1
  double coverage = 0;  // 0 to 1: the share of f(0), ..., f(M) that is less than covered_share
  double relative_density = 0;
  double covered_share = 0;  // 0 to 1
};

// With r_j the distance from reference row j to the k-th nearest of the others:
// - c(x) = min(k, how many j have |x - y_j| <= min(r_j, median of r)) / k; relative_density is the mean of c
//   over the sample divided by that over the reference, whose rows do not count for themselves there.
// - covered_share is the mean over j of min(k, how many sample rows have |x - y_j| < r_j) / k: what share of
//   the k nearest sample rows is nearer than r_j.
// - f(m), what covered_share is expected to be of m rows like the reference, is 0 for m < k and else
//   sum_i min(i, k) C(m, i) B(k + i, N - k + m - i) / (k B(k, N - k)).
// Exact, and the same whatever the threads, as manifold_scores; in memory too, with one set's neighbours.
// Errors: dimensions differ, k out of range, NaN or infinity.
ClippedScores clipped_scores(FeaturesF32 sample, FeaturesF32 reference, const ClippedOptions& options = {});

// f(m) of N rows and k < N.
double expected_coverage(std::int64_t m, std::int64_t num_reference, std::int64_t k);

}  // namespace gdd
