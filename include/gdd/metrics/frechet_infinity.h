// FID-infinity (Chong & Forsyth 2020, Effectively Unbiased FID): the distance is larger for fewer samples, by
// about c / N; measured at several N and fitted by a line in 1/N, its value at 1/N = 0 is free of that.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gdd/metrics/features.h"
#include "gdd/metrics/frechet.h"

namespace gdd {

inline constexpr std::int64_t kInfinityMinRows = 20;  // with the options below

struct InfinityOptions {
  std::int64_t points = 15;   // sizes of subset, at least 2; the paper's code takes 15
  std::int64_t smallest = 0;  // 0: N / 10 (the paper's 5000 of 50 000); at least 2, below N
  std::uint32_t seed = 0;     // of numpy's RandomState, whose permutation(N) is drawn anew for each size
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};  // of the points; may be empty
};

struct InfinityResult {
  double distance = 0;                                    // the line at 1/N = 0; noise can make it negative
  double slope = 0;                                       // c
  std::vector<std::pair<std::int64_t, double>> measured;  // (n, distance of n rows), n ascending to N
  std::vector<std::string> warnings;                      // subsets of no more than D rows
};

// `sample` [N,D] against statistics that are taken as exact. The sizes are evenly spaced from `smallest` to
// N; each subset is the first n rows of its permutation. Errors: N < 20 when `smallest` is 0; sizes out of
// range; as FrechetReference::distance.
InfinityResult frechet_infinity(FeaturesF32 sample, const FrechetReference& reference,
                                const InfinityOptions& options = {});

}  // namespace gdd
