// KID's kernel: k(x, y) = (x.y / D + 1)^3 (Binkowski et al. 2018).
#pragma once

#include <cstdint>

namespace gdd {

// Of the inner product of two rows of `dim` values.
inline double polynomial_kernel(double product, std::int64_t dim) {
  const double base = product / static_cast<double>(dim) + 1;
  return base * base * base;
}

}  // namespace gdd
