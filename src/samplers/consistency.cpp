// ECT ("Consistency Models Made Easy"), ct_eval.py: D at sigma_max, then for each mid_t fresh noise of that
// level and D again.
#include <ATen/ATen.h>

#include "samplers/sampler.h"

namespace gdd {

at::Tensor consistency_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                               const Noise& noise) {
  std::vector<double> levels{options.sigma_max.value_or(kSigmaMax)};
  levels.insert(levels.end(), options.mid_t.begin(), options.mid_t.end());
  const at::Tensor t_steps = net.round_sigma(at::tensor(levels, at::kDouble).to(latents.device()));
  at::Tensor x = latents.to(at::kDouble) * t_steps[0];
  x = net.denoise(x, t_steps[0]).to(at::kDouble);
  for (std::int64_t i = 1; i < t_steps.size(0); ++i) {
    x = x + t_steps[i] * noise(at::kDouble);
    x = net.denoise(x, t_steps[i]).to(at::kDouble);
  }
  return x;
}

}  // namespace gdd
