// GDD generate.py, one_step_sampler: x = latents * sigma_max, image = D(x; sigma_max).
#include <ATen/ATen.h>

#include "samplers/sampler.h"

namespace gdd {

at::Tensor one_step_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents) {
  // torch.full makes float32 there, so sigma_max is rounded to float32 before it becomes float64.
  const at::Tensor t_max = at::full({latents.size(0), 1, 1, 1}, options.sigma_max.value_or(kSigmaMax),
                                    latents.options().dtype(at::kFloat))
                               .to(at::kDouble);
  const at::Tensor x = latents.to(at::kDouble) * t_max;
  return net.denoise(x, t_max).to(at::kDouble);
}

}  // namespace gdd
