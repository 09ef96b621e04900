// Whether statistics are ones that a distance can be taken of.
#pragma once

#include <string>

#include "gdd/metrics/statistics.h"

namespace gdd {

// Covariances are stored after sums and differences of float64 numbers, some by tools that keep float32
// features: asymmetry and negative variances up to this share of the largest entry are rounding.
inline constexpr double kRounding = 1e-6;

// Errors, naming `which` statistics: sizes that do not fit, numbers that are not finite, a negative variance,
// a sigma that is not symmetric.
void check_statistics(const Statistics& s, const std::string& which);

}  // namespace gdd
