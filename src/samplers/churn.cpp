#include "samplers/churn.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace gdd {

double churn_at(const SamplerOptions& options, const at::Tensor& level) {
  if (options.S_churn == 0) return 0;
  const double sigma = level.item<double>();
  if (sigma < options.S_min || sigma > options.S_max) return 0;
  return std::min(options.S_churn / static_cast<double>(options.num_steps), std::sqrt(2.0) - 1);
}

}  // namespace gdd
