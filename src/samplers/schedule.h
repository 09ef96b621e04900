// Noise levels t_0 > t_1 > ... of EDM, eq. 5: (sigma_max^(1/rho) + i/(n-1) (sigma_min^(1/rho) -
// sigma_max^(1/rho)))^rho.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gdd {

// [num_steps] of `dtype` on `like`'s device; num_steps of at least 2.
at::Tensor edm_schedule(std::int64_t num_steps, double sigma_min, double sigma_max, double rho,
                        const at::Tensor& like, at::ScalarType dtype = at::kDouble);

}  // namespace gdd
