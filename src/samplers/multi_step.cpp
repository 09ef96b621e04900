// GDD generate.py, multi_step_sampler: Euler steps along EDM's schedule of num_steps + 1 levels, and D at the
// last but one. As in two_step, no target noise level is passed.
#include <ATen/ATen.h>

#include "samplers/sampler.h"
#include "samplers/schedule.h"

namespace gdd {

at::Tensor multi_step_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents) {
  const std::int64_t levels = options.num_steps + 1;
  const at::Tensor t_steps = edm_schedule(levels, options.sigma_min.value_or(kSigmaMin),
                                          options.sigma_max.value_or(kSigmaMax), options.rho, latents);
  at::Tensor x = latents.to(at::kDouble) * t_steps[0];
  for (std::int64_t i = 0; i + 1 < levels; ++i) {
    const at::Tensor t_cur = t_steps[i], t_next = t_steps[i + 1];
    const at::Tensor denoised = net.denoise(x, t_cur).to(at::kDouble);
    x = i == levels - 2 ? denoised : (denoised - x) / t_cur * (t_cur - t_next) + x;
  }
  return x;
}

}  // namespace gdd
