// EDM, algorithm 2 (generate.py, edm_sampler): Heun's method with churn.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "samplers/churn.h"
#include "samplers/sampler.h"
#include "samplers/schedule.h"

namespace gdd {

at::Tensor edm_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                       const Noise& noise) {
  const double sigma_min = std::max(options.sigma_min.value_or(kSigmaMin), net.sigma_min);
  const double sigma_max = std::min(options.sigma_max.value_or(kSigmaMax), net.sigma_max);
  const at::Tensor levels =
      net.round_sigma(edm_schedule(options.num_steps, sigma_min, sigma_max, options.rho, latents));
  const at::Tensor t_steps = at::cat({levels, at::zeros_like(levels.slice(0, 0, 1))});  // t_N = 0

  at::Tensor x_next = latents.to(at::kDouble) * t_steps[0];
  for (std::int64_t i = 0; i < options.num_steps; ++i) {
    const at::Tensor t_cur = t_steps[i], t_next = t_steps[i + 1];
    const at::Tensor x_cur = x_next;

    // Increase noise temporarily. The noise is drawn even where gamma is 0: it moves the stream.
    const double gamma = churn_at(options, t_cur);
    const at::Tensor t_hat = net.round_sigma(t_cur + gamma * t_cur);
    const at::Tensor x_hat =
        x_cur + (t_hat.pow(2) - t_cur.pow(2)).sqrt() * options.S_noise * noise(at::kDouble);

    // Euler step.
    const at::Tensor d_cur = (x_hat - net.denoise(x_hat, t_hat).to(at::kDouble)) / t_hat;
    x_next = x_hat + (t_next - t_hat) * d_cur;

    // 2nd order correction.
    if (i < options.num_steps - 1) {
      const at::Tensor d_prime = (x_next - net.denoise(x_next, t_next).to(at::kDouble)) / t_next;
      x_next = x_hat + (t_next - t_hat) * (0.5 * d_cur + 0.5 * d_prime);
    }
  }
  return x_next;
}

}  // namespace gdd
