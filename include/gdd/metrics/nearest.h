// Who lies nearest to whom: what of a sample is like the reference, far from it, copied from it, or there
// twice.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gdd/metrics/features.h"

namespace gdd {

struct Nearest {
  std::int64_t row = -1;  // of the other set, or another of the same; of equals the first
  double distance = 0;    // Euclidean
};

struct NearestOptions {
  // Counts rows, on the calling thread; may throw, which ends the work.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  int threads = 0;  // 0: one a processor
};

// For each row of `rows` the nearest of `among`, at least one; exact, as manifold_scores is. Errors:
// dimensions differ; too few rows; NaN or infinity.
std::vector<Nearest> nearest_rows(FeaturesF32 rows, FeaturesF32 among, const NearestOptions& options = {});

// For each row the nearest other, at least two.
std::vector<Nearest> nearest_others(FeaturesF32 rows, const NearestOptions& options = {});

// Of each sample the least distance to a reference in units of that reference's radius, the distance to its
// k-th nearest other: 0 of a copy of a reference that counts, at most 1 inside the reference manifold. Its
// inverse is the realism score (Kynkaanniemi et al. 2019, section 5), which also leaves out the half of the
// references whose radius is above the median, as balls in thin regions are large. References whose radius is
// 0 are left out too; of none that stay: an Error. Errors: as nearest_rows; k out of range, 1 <= k < N of the
// references.
std::vector<double> distance_in_radii(FeaturesF32 sample, FeaturesF32 reference, std::int64_t k = 3,
                                      const NearestOptions& options = {});

}  // namespace gdd
