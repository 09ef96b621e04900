#include "samplers/schedule.h"

#include <ATen/ATen.h>

#include <cmath>

namespace gdd {

at::Tensor edm_schedule(std::int64_t num_steps, double sigma_min, double sigma_max, double rho,
                        const at::Tensor& like, at::ScalarType dtype) {
  const at::Tensor step_indices = at::arange(num_steps, like.options().dtype(dtype));
  const double high = std::pow(sigma_max, 1 / rho), low = std::pow(sigma_min, 1 / rho);
  return at::pow(high + step_indices / (num_steps - 1) * (low - high), rho);
}

}  // namespace gdd
