// AuthPct: how many of the generated rows are no near copies of rows that the network was trained on
// (authenticity of Alaa et al. 2022, "How Faithful is your Synthetic Data?"; as a percentage Jiralerspong et
// al. 2023, "Feature Likelihood Divergence", and dgm-eval's authpct.py).
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/features.h"
#include "gdd/metrics/manifold.h"

namespace gdd {

struct AuthpctOptions {
  // As ManifoldOptions'.
  std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  int threads = 0;
  RowProducts products = {};
};

// 100 times the share of generated rows g whose nearest training row t (of several the first) has another
// training row nearer than g: |t - t'| < |t - g|. Exact, and the same whatever the threads, as
// manifold_scores; memory beside the rows: 26 neighbours a row and a copy of at most half the training rows.
// Errors: dimensions differ; fewer than two training rows or no generated one; NaN or infinity.
double authpct(FeaturesF32 generated, FeaturesF32 train, const AuthpctOptions& options = {});

}  // namespace gdd
