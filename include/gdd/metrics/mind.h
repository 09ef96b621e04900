// MIND, the Monge Inception Distance (Berthet et al. 2026, arXiv 2605.06797): the squared sliced Wasserstein
// distance of two sets of rows, as torch-fidelity's metric_mind.py takes it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "gdd/metrics/features.h"

namespace gdd {

// The random numbers that it needs, drawn by whoever has the generator: torch-fidelity's are those of torch's
// on the CPU with seed 2020, first the permutation, where there is one, then 1000 directions.
struct MindDraw {
  FeaturesF32 directions;  // [M,D] independent standard normal numbers, at least one row; of any length
  // Of two sets of which one has more rows: the n rows of this that count, n being the other's. Of equal sets
  // empty.
  std::span<const std::int64_t> chosen = {};
};

struct MindOptions {
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};  // of directions; may be empty
  int threads = 0;                                                           // 0: one a processor
};

// 3 D times the mean over directions u, of length 1, and over i of (a_i - b_i)^2, a and b being the n values
// x.u of either set in ascending order. In float64, where torch-fidelity takes float32: 6 digits are the
// same. Memory beside the rows: 256 n float64 numbers, and the directions. Errors: dimensions differ; no
// rows; rows chosen that are not there, or not n; NaN or infinity.
double mind_distance(FeaturesF32 sample, FeaturesF32 reference, const MindDraw& draw,
                     const MindOptions& options = {});

}  // namespace gdd
