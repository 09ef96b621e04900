// Inception Score (Salimans et al. 2016): exp of the mean KL divergence of each image's class probabilities
// from their mean.
#pragma once

#include <cstdint>

#include "gdd/metrics/features.h"

namespace gdd {

struct InceptionScore {
  double mean = 0;  // over splits; from 1 to the number of classes
  double std = 0;   // over splits, ddof 0
  std::int64_t splits = 0;
};

// Both take probabilities [N, classes], used as given (not renormalised), in float64; a probability of 0
// contributes 0. Errors: no rows; negative, infinite or NaN entries (row and column named);
// rows that do not add up to 1.

// guided-diffusion's evaluator.py: consecutive blocks of `split_size` in file order; a shorter last block
// counts as one.
InceptionScore inception_score_blocks(FeaturesF64 probabilities, std::int64_t split_size = 5000);

// torch-fidelity's metric_isc.py: rows in the order of numpy's RandomState(seed).permutation(N), cut into
// equal splits.
InceptionScore inception_score_shuffled(FeaturesF64 probabilities, std::int64_t splits = 10,
                                        std::uint32_t seed = 2020);

}  // namespace gdd
