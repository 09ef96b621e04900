// EDM2, generate_images.py, edm_sampler: Heun's method of EDM, all in float32, with guidance by a second
// network.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "samplers/sampler.h"
#include "samplers/schedule.h"

namespace gdd {
namespace {

at::Tensor guided(const SamplerOptions& options, const Denoiser& net, const at::Tensor& x,
                  const at::Tensor& t) {
  const at::Tensor denoised = net.denoise(x, t).to(at::kFloat);
  if (options.guidance == 1) return denoised;
  return net.guide(x, t).to(at::kFloat).lerp(denoised, options.guidance);
}

// Bounds are compared in float32, as t is. Waits for a device only where S_churn is not 0.
bool is_churned(const SamplerOptions& options, const at::Tensor& t) {
  if (options.S_churn == 0) return false;
  const float level = t.item<float>();
  return static_cast<float>(options.S_min) <= level && level <= static_cast<float>(options.S_max);
}

}  // namespace

at::Tensor edm2_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                        const Noise& noise) {
  const at::Tensor levels =
      edm_schedule(options.num_steps, options.sigma_min.value_or(kSigmaMin),
                   options.sigma_max.value_or(kSigmaMax), options.rho, latents, at::kFloat);
  const at::Tensor t_steps = at::cat({levels, at::zeros_like(levels.slice(0, 0, 1))});  // t_N = 0

  at::Tensor x_next = latents.to(at::kFloat) * t_steps[0];
  for (std::int64_t i = 0; i < options.num_steps; ++i) {
    const at::Tensor t_cur = t_steps[i], t_next = t_steps[i + 1];
    at::Tensor x_hat = x_next, t_hat = t_cur;

    // Increase noise temporarily. Noise is drawn only where it is used.
    if (is_churned(options, t_cur)) {
      const double gamma =
          std::min(options.S_churn / static_cast<double>(options.num_steps), std::sqrt(2.0) - 1);
      t_hat = t_cur + gamma * t_cur;
      x_hat = x_next + (t_hat.pow(2) - t_cur.pow(2)).sqrt() * options.S_noise * noise(at::kFloat);
    }

    // Euler step, then the 2nd order correction.
    const at::Tensor d_cur = (x_hat - guided(options, net, x_hat, t_hat)) / t_hat;
    x_next = x_hat + (t_next - t_hat) * d_cur;
    if (i < options.num_steps - 1) {
      const at::Tensor d_prime = (x_next - guided(options, net, x_next, t_next)) / t_next;
      x_next = x_hat + (t_next - t_hat) * (0.5 * d_cur + 0.5 * d_prime);
    }
  }
  return x_next;
}

}  // namespace gdd
