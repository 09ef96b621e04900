// Kernel Inception Distance (Binkowski et al. 2018): the unbiased estimate of MMD^2 with the cubic polynomial
// kernel k(x, y) = (x.y / D + 1)^3, over random subsets.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

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

struct KernelBlocks {
  double value = 0;
  std::vector<double> without;  // each of the sample's 20 blocks (jackknife.h) in turn
};

// The estimate of all rows, not of subsets, but for what the reference has with itself: the mean of k over
// pairs of different rows of the sample, less twice that over pairs with the reference. The difference of two
// samples' values is that of their MMD^2 from the reference, of which each then is used once (Bounliphone et
// al. 2016, "A test of relative similarity for model selection in generative models"). In float64; memory
// does not grow with the product of the numbers of rows. `progress` counts blocks. Errors: dimensions differ;
// fewer than 40 rows in the sample; NaN.
KernelBlocks kernel_without_blocks(FeaturesF64 sample, FeaturesF64 reference,
                                   const std::function<void(std::int64_t, std::int64_t)>& progress = {});

// MMD^2 itself of all rows, unbiased, at least two on either side. In float64. Errors: fewer; dimensions
// differ; NaN.
double kernel_distance_of_all(FeaturesF64 sample, FeaturesF64 reference);

// What the reference has with itself: the mean of k over pairs of different rows, at least two. With it the
// value above is MMD^2. Error: fewer than two rows.
double kernel_within(FeaturesF64 reference);

}  // namespace gdd
