// The singular values of a set of rows, summed, and of what is left of it without some of them.
#pragma once

#include <cstdint>

#include "metrics/linear_algebra.h"

namespace gdd::linear {

// One eigendecomposition of all rows serves every question about fewer of them, which costs products of
// [n,count] matrices alone: a hundredth of another decomposition where `count` is a twentieth of n.
class RowSpectrum {
 public:
  // Rows [n,k] less their mean, n >= 2, k >= 1. Memory: eight matrices [n,n] or [n,k] at most,
  // one [n,n] afterwards. Error: their squares are not finite.
  RowSpectrum(const Matrix& centred, std::int64_t n, std::int64_t k);

  // The sum of the singular values of the rows.
  double sum() const;
  // Of the rows but [first, first + count), less their own mean; 1 <= count < n. Within 1e-11 of sum().
  double sum_without(std::int64_t first, std::int64_t count) const;

 private:
  Matrix block_of(std::int64_t first, std::int64_t count) const;
  double start_of_integral() const;

  std::int64_t n_;
  double largest_ = 0;
  std::vector<double> squares_;  // [n-1], of the singular values, in the order of vectors_
  Matrix vectors_;               // [n,n-1]: orthonormal columns that sum to 0
};

}  // namespace gdd::linear
