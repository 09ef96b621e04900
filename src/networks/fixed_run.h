// One small fixed run of a network: for comparing a converted file with what it came from, and for telling at
// a glance whether anything changed.
#pragma once

#include <string>

#include "networks/network.h"

namespace gdd {

// denoise() of two images: latents from torch's CPU generator with seed 0, times sigma = min(sigma_max, 80)
// and 0.5 (or sigma_min, if larger); classes 0 and 1 (one-hot) of a conditional network. For networks on the
// CPU. [2,C,R,R].
at::Tensor fixed_run(const Network& network);

// SHA-256 of the bytes of fixed_run. The last bits depend on the CPU's instruction set and, for odd shapes,
// on the number of threads; on one machine the digest is the network's.
std::string fixed_run_digest(const Network& network);

// The largest |a - b| over fixed_run of both. Error: a result that is not finite.
double largest_difference(const Network& a, const Network& b);

}  // namespace gdd
