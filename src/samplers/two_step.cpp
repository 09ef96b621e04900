// GDD generate.py, two_step_sampler: one step of the ODE from sigma_max down to `middle`, then D there.
// Upstream passes a target noise level that GDD's own networks take for class labels; as meant, there is
// none.
#include <ATen/ATen.h>

#include "samplers/sampler.h"

namespace gdd {

at::Tensor two_step_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents) {
  // As in one_step, sigma_max passes through float32; `middle` does not (torch.full_like of a float64
  // tensor).
  const at::Tensor t = at::full({latents.size(0), 1, 1, 1}, options.sigma_max.value_or(kSigmaMax),
                                latents.options().dtype(at::kFloat))
                           .to(at::kDouble);
  const at::Tensor u = at::full_like(t, options.middle);
  const at::Tensor x = latents.to(at::kDouble) * t;
  const at::Tensor denoised = net.denoise(x, t).to(at::kDouble);
  const at::Tensor v = (denoised - x) / t * (t - u) + x;
  return net.denoise(v, u).to(at::kDouble);
}

}  // namespace gdd
