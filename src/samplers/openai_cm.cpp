// OpenAI's consistency models, karras_diffusion.py: sample_onestep, and stochastic_iterative_sampler over the
// numbers `ts` of a schedule of num_steps levels. All in float32, every answer clamped to [-1, 1].
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "samplers/sampler.h"
#include "samplers/schedule.h"

namespace gdd {
namespace {

at::Tensor clamped(const Denoiser& net, const at::Tensor& x, const at::Tensor& sigma) {
  return net.denoise(x, sigma).to(at::kFloat).clamp(-1, 1);
}

}  // namespace

at::Tensor openai_cm_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                             const Noise& noise) {
  const double sigma_min = options.sigma_min.value_or(kSigmaMin),
               sigma_max = options.sigma_max.value_or(kSigmaMax);
  const at::Tensor ones = at::ones({latents.size(0)}, latents.options().dtype(at::kFloat));
  at::Tensor x = latents.to(at::kFloat) * sigma_max;
  if (options.ts.empty()) {
    // The first level of a schedule of float32: 79.99998474 for 80.
    const at::Tensor first = edm_schedule(2, sigma_min, sigma_max, options.rho, latents, at::kFloat)[0];
    return clamped(net, x, first * ones);
  }
  const double high = std::pow(sigma_max, 1 / options.rho), low = std::pow(sigma_min, 1 / options.rho);
  const auto level = [&](std::int64_t number) {
    const double share = static_cast<double>(number) / static_cast<double>(options.num_steps - 1);
    return std::pow(high + share * (low - high), options.rho);
  };
  for (std::size_t i = 0; i + 1 < options.ts.size(); ++i) {
    const at::Tensor answer = clamped(net, x, level(options.ts[i]) * ones);
    const double next = std::clamp(level(options.ts[i + 1]), sigma_min, sigma_max);
    x = answer + noise(at::kFloat) * std::sqrt(next * next - sigma_min * sigma_min);
  }
  return x.clamp(-1, 1);
}

}  // namespace gdd
