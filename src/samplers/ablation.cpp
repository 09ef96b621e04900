// EDM generate.py, ablation_sampler: the samplers of earlier work in one framework (EDM, table 1 and
// algorithm 1).
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gdd/error.h"
#include "samplers/churn.h"
#include "samplers/sampler.h"
#include "samplers/schedule.h"

namespace gdd {
namespace {

constexpr double kEpsilonS = 1e-3, kC1 = 0.001, kC2 = 0.008;  // upstream's constants
constexpr std::int64_t kM = 1000;

double vp_level(double beta_d, double beta_min, double t) {
  return std::pow(std::pow(std::numbers::e, 0.5 * beta_d * (t * t) + beta_min * t) - 1, 0.5);
}

// VP's noise schedule, eq. 16 of Song et al. in EDM's notation.
struct Vp {
  double beta_d = 0, beta_min = 0;
  at::Tensor sigma(const at::Tensor& t) const {
    return at::pow(at::pow(at::Scalar(std::numbers::e), 0.5 * beta_d * t.pow(2) + beta_min * t) - 1, 0.5);
  }
};

// sigma(t), its derivative and inverse, and the scaling s(t): what the ablation varies.
class Process {
 public:
  Process(const std::string& schedule, const std::string& scaling, const Vp& vp)
      : schedule_(schedule), scaled_(scaling == "vp"), vp_(vp) {}

  at::Tensor sigma(const at::Tensor& t) const {
    if (schedule_ == "vp") return vp_.sigma(t);
    return schedule_ == "ve" ? t.sqrt() : t;
  }
  at::Tensor sigma_deriv(const at::Tensor& t) const {
    if (schedule_ == "vp") return 0.5 * (vp_.beta_min + vp_.beta_d * t) * (sigma(t) + 1 / sigma(t));
    return schedule_ == "ve" ? 0.5 / t.sqrt() : at::ones_like(t);
  }
  at::Tensor sigma_inv(const at::Tensor& sigma) const {
    if (schedule_ == "vp")
      return ((vp_.beta_min * vp_.beta_min + 2 * vp_.beta_d * (sigma.pow(2) + 1).log()).sqrt() -
              vp_.beta_min) /
             vp_.beta_d;
    return schedule_ == "ve" ? sigma.pow(2) : sigma;
  }
  at::Tensor s(const at::Tensor& t) const {
    return scaled_ ? 1 / (1 + sigma(t).pow(2)).sqrt() : at::ones_like(t);
  }
  at::Tensor s_deriv(const at::Tensor& t) const {
    return scaled_ ? -sigma(t) * sigma_deriv(t) * s(t).pow(3) : at::zeros_like(t);
  }
  // dx/dt at (x, t), EDM eq. 4.
  at::Tensor slope(const Denoiser& net, const at::Tensor& x, const at::Tensor& t) const {
    const at::Tensor denoised = net.denoise(x / s(t), sigma(t)).to(at::kDouble);
    return (sigma_deriv(t) / sigma(t) + s_deriv(t) / s(t)) * x - sigma_deriv(t) * s(t) / sigma(t) * denoised;
  }

 private:
  std::string schedule_;
  bool scaled_;
  Vp vp_;
};

struct Range {
  double sigma_min, sigma_max;
};

Range noise_range(const SamplerOptions& options, const std::string& discretization, const Denoiser& net) {
  Range range{0.002, 80};
  if (discretization == "vp") range = {vp_level(19.9, 0.1, kEpsilonS), vp_level(19.9, 0.1, 1)};
  if (discretization == "ve") range = {0.02, 100};
  if (discretization == "iddpm") range = {0.002, 81};
  return {std::max(options.sigma_min.value_or(range.sigma_min), net.sigma_min),
          std::min(options.sigma_max.value_or(range.sigma_max), net.sigma_max)};
}

// iDDPM's table of noise levels u_0 > ... > u_M = 0 (EDM, table 1, footnote).
at::Tensor iddpm_levels(const at::Tensor& like) {
  const auto alpha_bar = [](const at::Tensor& j) {
    return (0.5 * std::numbers::pi * j / kM / (kC2 + 1)).sin().pow(2);
  };
  const auto options = like.options().dtype(at::kDouble);
  at::Tensor u = at::zeros({kM + 1}, options);
  for (std::int64_t j = kM; j > 0; --j) {
    const at::Tensor index = at::scalar_tensor(j, like.options().dtype(at::kLong));
    u[j - 1].copy_(((u[j].pow(2) + 1) / (alpha_bar(index - 1) / alpha_bar(index)).clip(kC1) - 1).sqrt());
  }
  return u;
}

at::Tensor noise_levels(const SamplerOptions& options, const std::string& discretization, const Range& range,
                        const Vp& vp, const at::Tensor& like) {
  const double low = range.sigma_min, high = range.sigma_max;
  const std::int64_t last = options.num_steps - 1;
  if (discretization == "edm") return edm_schedule(options.num_steps, low, high, options.rho, like);
  const at::Tensor step_indices = at::arange(options.num_steps, like.options().dtype(at::kDouble));
  if (discretization == "vp") return vp.sigma(1 + step_indices / last * (kEpsilonS - 1));
  if (discretization == "ve")
    return (high * high * at::pow(at::Scalar(low * low / (high * high)), step_indices / last)).sqrt();
  const at::Tensor u = iddpm_levels(like);
  const at::Tensor kept = u.index({at::logical_and(u >= low, u <= high)});
  if (kept.size(0) == 0)
    throw Error::usage("--disc iddpm", "no noise level of its table lies between sigma_min and sigma_max");
  const double stride = static_cast<double>(kept.size(0) - 1) / static_cast<double>(last);
  return kept.index({(stride * step_indices).round().to(at::kLong)});
}

}  // namespace

at::Tensor ablation_sampler(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                            const Noise& noise) {
  const std::string discretization = options.discretization.value_or("edm");
  const bool heun = options.solver.value_or("heun") == "heun";
  const double alpha = options.alpha.value_or(1);
  const Range range = noise_range(options, discretization, net);
  const double log_min = std::log(range.sigma_min * range.sigma_min + 1),
               log_max = std::log(range.sigma_max * range.sigma_max + 1);
  const double beta_d = 2 * (log_min / kEpsilonS - log_max) / (kEpsilonS - 1);
  const Vp vp{beta_d, log_max - 0.5 * beta_d};
  const Process process(options.schedule.value_or("linear"), options.scaling.value_or("none"), vp);

  at::Tensor t_steps =
      process.sigma_inv(net.round_sigma(noise_levels(options, discretization, range, vp, latents)));
  t_steps = at::cat({t_steps, at::zeros_like(t_steps.slice(0, 0, 1))});  // t_N = 0
  at::Tensor x_next = latents.to(at::kDouble) * (process.sigma(t_steps[0]) * process.s(t_steps[0]));
  for (std::int64_t i = 0; i < options.num_steps; ++i) {
    const at::Tensor t_cur = t_steps[i], t_next = t_steps[i + 1];
    const at::Tensor x_cur = x_next, sigma_cur = process.sigma(t_cur);

    // Increase noise temporarily.
    const double gamma = churn_at(options, sigma_cur);
    const at::Tensor t_hat = process.sigma_inv(net.round_sigma(sigma_cur + gamma * sigma_cur));
    const at::Tensor added = (process.sigma(t_hat).pow(2) - sigma_cur.pow(2)).clip(0).sqrt();
    const at::Tensor x_hat = process.s(t_hat) / process.s(t_cur) * x_cur +
                             added * process.s(t_hat) * options.S_noise * noise(at::kDouble);

    // Euler step, then the 2nd order correction.
    const at::Tensor h = t_next - t_hat, d_cur = process.slope(net, x_hat, t_hat);
    x_next = x_hat + h * d_cur;
    if (heun && i < options.num_steps - 1) {
      const at::Tensor d_prime = process.slope(net, x_hat + alpha * h * d_cur, t_hat + alpha * h);
      x_next = x_hat + h * ((1 - 1 / (2 * alpha)) * d_cur + 1 / (2 * alpha) * d_prime);
    }
  }
  return x_next;
}

}  // namespace gdd
