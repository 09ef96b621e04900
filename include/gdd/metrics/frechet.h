// Frechet distance between two Gaussians (Heusel et al. 2017, eq. 6): |mu1-mu2|^2 + tr(S1) + tr(S2) - 2
// tr((S1 S2)^1/2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gdd/metrics/statistics.h"

namespace gdd {

struct FrechetResult {
  double distance = 0;
  double mean_term = 0;   // |mu1 - mu2|^2
  double trace_root = 0;  // tr((S1 S2)^1/2)
  std::string route;      // "eigenvalues", "singular values of roots", "singular values"
  // Effective ranks where a covariance is deficient, else D: the eigenvalues above D * eps * max, as
  // numpy.linalg.matrix_rank counts them, but at most N - 1 where N is known.
  std::int64_t rank1 = 0, rank2 = 0;
  std::vector<std::string> warnings;  // rank deficiency, with N, D and rank
};

// From statistics. Two definite covariances: the sum of square roots of the eigenvalues of L^T S2 L with S1 =
// L L^T (symmetric, never complex, never NaN), the dimensions ordered by falling variance so that small
// eigenvalues keep their precision. If one is singular (a pivot or eigenvalue of at most D * eps * max): the
// sum of the singular values of R1 R2^T with S = R^T R. Agrees with scipy.linalg.sqrtm to 1e-9 relative when
// both covariances have full rank. Errors: dimensions differ; sigma not symmetric or not positive within
// rounding; NaN.
FrechetResult frechet_distance(const Statistics& first, const Statistics& second);

// From features, exact also when N <= D: the trace is the sum of singular values of X1c X2c^T /
// sqrt((N1-1)(N2-1)). Takes this route when either N <= D, else one of those above. Of the two sets the one
// with more rows is taken in blocks: beside the rows given, memory is that of seven matrices [D,D] (or of
// 1024 rows, where D is less), whatever N.
FrechetResult frechet_distance(FeaturesF64 first, FeaturesF64 second);

}  // namespace gdd
