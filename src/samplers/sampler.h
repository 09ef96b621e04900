// From noise to images: the samplers of EDM's and GDD's generate.py, of ECT, of EDM2 and of OpenAI's
// consistency models. Each computes in upstream's dtype (float64, but for the last two) with upstream's
// operations in upstream's order, so the same torch gives the same bits.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gdd {

// Defaults and meanings are those of GDD's generate.py unless a source is named.
struct SamplerOptions {
  std::string sampler = "one_step";  // one_step, two_step, multi_step, edm, edm2, consistency, openai_cm
  std::int64_t num_steps = 18;       // multi_step, edm, edm2, openai_cm: at least 1 (but for multi_step: 2)
  std::optional<double> sigma_min;   // default 0.002; with an ablation it depends on `discretization`
  std::optional<double> sigma_max;   // default 80; likewise
  double rho = 7;                    // time step exponent, > 0 (EDM, eq. 5)
  double S_churn = 0;                // edm, edm2: stochasticity (EDM, algorithm 2), all four >= 0
  double S_min = 0;
  double S_max = std::numeric_limits<double>::infinity();
  double S_noise = 1;
  double middle = 1;             // two_step: the noise level between its steps
  std::vector<double> mid_t;     // consistency: noise levels between its steps (ECT ct_eval.py)
  double guidance = 1;           // edm2: D = D_guide + guidance (D - D_guide); 1: the guide is never asked
  std::vector<std::int64_t> ts;  // openai_cm: which levels of its schedule; empty: one step (image_sample.py)
  // EDM generate.py, ablation_sampler. Any of them with sampler edm chooses that function.
  std::optional<std::string> solver;          // euler, heun (default)
  std::optional<std::string> discretization;  // vp, ve, iddpm, edm (default)
  std::optional<std::string> schedule;        // vp, ve, linear (default)
  std::optional<std::string> scaling;         // vp, none (default)
  std::optional<double> alpha;                // Heun's midpoint, default 1

  bool is_ablation() const { return solver || discretization || schedule || scaling || alpha; }
};

std::vector<std::string> sampler_names();

// Usage errors: unknown names, numbers out of range, flags that belong to another sampler.
void check_options(const SamplerOptions& options);

// What a run depends on, for reports: the sampler's name ("ablation" where those options choose it) and every
// option that it looks at, in 17 digits, as they were given or their defaults.
struct SamplerSetting {
  std::string name, value;
  bool is_number = false;
};
std::vector<SamplerSetting> describe_options(const SamplerOptions& options);

// What a sampler needs of a network: D(x; sigma) in float64, rounding of noise levels, and their range.
struct Denoiser {
  // x [N,C,H,W] and sigma of the sampler's dtype, sigma a scalar, [N] or [N,1,1,1]
  std::function<at::Tensor(const at::Tensor& x, const at::Tensor& sigma)> denoise;
  std::function<at::Tensor(const at::Tensor& sigma)> round_sigma;
  // Of the guiding network, as `denoise`; empty where options.guidance is 1.
  std::function<at::Tensor(const at::Tensor& x, const at::Tensor& sigma)> guide = {};
  double sigma_min = 0;
  double sigma_max = std::numeric_limits<double>::infinity();
};

// Fresh standard normal noise [N,C,H,W] of float32 or float64, each image from its own stream.
using Noise = std::function<at::Tensor(at::ScalarType dtype)>;

// Usage error: a noise level that the network does not know, or a range of them that is empty. edm and the
// ablation keep to the network's range by themselves, as upstream. `who` is the network in the message.
void check_noise_levels(const SamplerOptions& options, double net_sigma_min, double net_sigma_max,
                        const std::string& who = "this network");

// latents [N,C,H,W] float32 standard normal -> images [N,C,H,W] of the sampler's dtype, nominally in [-1,1].
// Errors: those of check_noise_levels.
at::Tensor sample(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                  const Noise& noise);

// One file each; called by sample().
at::Tensor one_step_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents);
at::Tensor two_step_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents);
at::Tensor multi_step_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents);
at::Tensor edm_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents, const Noise&);
at::Tensor ablation_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents, const Noise&);
at::Tensor edm2_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents, const Noise&);
at::Tensor consistency_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents,
                               const Noise&);
at::Tensor openai_cm_sampler(const SamplerOptions&, const Denoiser&, const at::Tensor& latents, const Noise&);

inline constexpr double kSigmaMin = 0.002, kSigmaMax = 80;  // EDM, table 1

}  // namespace gdd
