// Kernel Inception Distance (Binkowski et al. 2018): the unbiased estimate of MMD^2 with the cubic polynomial
// kernel k(x, y) = (x.y / D + 1)^3, over random subsets.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/features.h"

namespace gdd {

// Defaults are torch-fidelity's (metric_kid.py): 100 subsets of 1000 from numpy's RandomState(2020).
struct KernelOptions {
  std::int64_t subsets = 100;       // at least 1
  std::int64_t subset_size = 1000;  // at least 2, at most either N
  std::uint32_t seed = 2020;
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};  // of subsets; may be empty
};

struct KernelResult {
  double mean = 0;  // can be negative: the estimate is unbiased
  double std = 0;   // over subsets, ddof 0
};

// Each subset draws RandomState.choice(N, subset_size, replace=False) from the first set, then from the
// second. In float64. Errors: dimensions differ, NaN, a subset larger than a set.
KernelResult kernel_distance(FeaturesF64 sample, FeaturesF64 reference, const KernelOptions& options = {});

}  // namespace gdd
