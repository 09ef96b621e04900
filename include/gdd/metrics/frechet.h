// Frechet distance between two Gaussians (Heusel et al. 2017, eq. 6): |mu1-mu2|^2 + tr(S1) + tr(S2) - 2
// tr((S1 S2)^1/2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gdd/metrics/features.h"
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

// One side of many comparisons: what of its statistics is the same in each is computed once, a Cholesky
// factor or, of a singular covariance, a root from eigenvectors, and their checks. Holds one matrix [D,D] at
// most.
class FrechetReference {
 public:
  // Errors, which name it the second: sigma not symmetric or not positive within rounding; NaN.
  explicit FrechetReference(const Statistics& statistics);

  // From statistics. Two definite covariances: the sum of square roots of the eigenvalues of L^T S1 L with S2
  // = L L^T (symmetric, never complex, never NaN), the dimensions ordered by falling variance so that small
  // eigenvalues keep their precision. If one is singular (a pivot or eigenvalue of at most D * eps * max):
  // the sum of the singular values of R1 R2^T with S = R^T R. Agrees with scipy.linalg.sqrtm to 1e-9 relative
  // when both covariances have full rank. Errors: dimensions differ; those above, of the first.
  FrechetResult distance(const Statistics& sample) const;

  // X R^T [N,K] of rows X [N,D], with S2 = R^T R of K rows: tr((S1 S2)^1/2) of rows that have mean 0 is the
  // sum of its singular values over sqrt(N - 1). Error: another D.
  std::vector<double> project(FeaturesF64 rows) const;

  std::int64_t dim() const { return static_cast<std::int64_t>(mu_.size()); }
  std::int64_t rank() const { return rank_; }
  const std::vector<double>& mu() const { return mu_; }
  double trace() const { return trace_; }

 private:
  std::vector<double> project_ordered(const std::vector<double>& rows) const;

  std::int64_t num_samples_;
  std::vector<double> mu_;
  double trace_;
  std::int64_t rank_;                // K
  std::vector<std::int64_t> order_;  // of the dimensions, by falling variance
  bool triangular_ = false;          // a Cholesky factor was found
  std::vector<double> factor_;       // in this order: L [D,D] then, else R [K,D]
};

// The same of one comparison.
FrechetResult frechet_distance(const Statistics& first, const Statistics& second);

// From features, exact also when N <= D: the trace is the sum of singular values of X1c X2c^T /
// sqrt((N1-1)(N2-1)). Takes this route when either N <= D, else one of those above. Of the two sets the one
// with more rows is taken in blocks: beside the rows given, memory is that of nine matrices [D,D] (or of
// 1024 rows, where D is less), whatever N. `of_second`: the statistics of `second`, where they are known.
FrechetResult frechet_distance(FeaturesF64 first, FeaturesF64 second, const Statistics* of_second = nullptr);

}  // namespace gdd
