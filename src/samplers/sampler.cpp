#include "samplers/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <limits>

#include "base/joined.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxSteps = 100'000;  // EDM's own longest run has 8000

// One row a sampler: who computes, and the fewest steps that its schedule has.
struct Sampler {
  const char* name;
  at::Tensor (*run)(const SamplerOptions&, const Denoiser&, const at::Tensor& latents, const Noise&);
  std::int64_t fewest_steps;
};

at::Tensor run_edm(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                   const Noise& noise) {
  return options.is_ablation() ? ablation_sampler(options, net, latents, noise)
                               : edm_sampler(options, net, latents, noise);
}

template <at::Tensor (*kSampler)(const SamplerOptions&, const Denoiser&, const at::Tensor&)>
at::Tensor without_noise(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                         const Noise&) {
  return kSampler(options, net, latents);
}

constexpr Sampler kSamplers[] = {
    {"one_step", without_noise<one_step_sampler>, 1},
    {"two_step", without_noise<two_step_sampler>, 1},
    {"multi_step", without_noise<multi_step_sampler>, 1},
    {"edm", run_edm, 2},
    {"edm2", edm2_sampler, 2},
    {"consistency", consistency_sampler, 1},
    {"openai_cm", openai_cm_sampler, 2},
};

const Sampler& find_sampler(const std::string& name) {
  for (const Sampler& row : kSamplers)
    if (name == row.name) return row;
  throw Error::usage("--sampler",
                     "expected one of " + joined(sampler_names()) + ", found " + gdd::quoted(name));
}

using Names = std::initializer_list<const char*>;

void check_name(const std::string& flag, const std::optional<std::string>& value, Names known) {
  if (!value) return;
  std::string list;
  for (const char* name : known) {
    if (*value == name) return;
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  throw Error::usage(flag, "expected one of " + list + ", found " + gdd::quoted(*value));
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

void check_at_least(const std::string& flag, double value, double least) {
  if (!(value >= least))
    throw Error::usage(flag, "expected at least " + number(least) + ", found " + number(value));
}

void check_finite(const std::string& flag, double value) {
  check_at_least(flag, value, 0);
  if (!std::isfinite(value)) throw Error::usage(flag, "expected a finite number, found " + number(value));
}

// Networks take noise levels in float32.
void check_noise_level(const std::string& flag, const std::optional<double>& value) {
  constexpr double kLeast = std::numeric_limits<float>::min(), kMost = std::numeric_limits<float>::max();
  if (value && !(*value >= kLeast && *value <= kMost))
    throw Error::usage(
        flag, "expected a noise level above 0 and within the range of float32, found " + number(*value));
}

void check_positive(const std::string& flag, const std::optional<double>& value) {
  if (value && !(*value > 0 && *value < std::numeric_limits<double>::infinity()))
    throw Error::usage(flag, "expected a finite number above 0, found " + number(*value));
}

void check_guidance(const SamplerOptions& o) {
  if (o.guidance != 1 && o.sampler != "edm2")
    throw Error::usage("--sampler " + o.sampler, "--guidance belongs to --sampler edm2");
  if (!std::isfinite(o.guidance))
    throw Error::usage("--guidance", "expected a finite number, found " + number(o.guidance));
}

// Which of the levels of its schedule openai_cm goes through.
void check_levels(const SamplerOptions& o) {
  if (o.ts.empty()) return;
  if (o.sampler != "openai_cm")
    throw Error::usage("--sampler " + o.sampler, "--ts belongs to --preset openai-cm");
  bool rises = o.ts.size() >= 2 && o.ts.front() >= 0 && o.ts.back() < o.num_steps;
  for (std::size_t i = 1; i < o.ts.size(); ++i) rises = rises && o.ts[i - 1] < o.ts[i];
  if (!rises)
    throw Error::usage("--ts", "expected two or more numbers that rise, from 0 to " +
                                   std::to_string(o.num_steps - 1) + " (--steps less one)");
}

}  // namespace

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const Sampler& row : kSamplers) names.emplace_back(row.name);
  return names;
}

void check_options(const SamplerOptions& o) {
  const Sampler& sampler = find_sampler(o.sampler);
  check_name("--solver", o.solver, {"euler", "heun"});
  check_name("--disc", o.discretization, {"vp", "ve", "iddpm", "edm"});
  check_name("--schedule", o.schedule, {"vp", "ve", "linear"});
  check_name("--scaling", o.scaling, {"vp", "none"});
  if (o.is_ablation() && o.sampler != "edm")
    throw Error::usage("--sampler " + o.sampler,
                       "--solver, --disc, --schedule, --scaling and --alpha belong to --sampler edm");
  if (!o.mid_t.empty() && o.sampler != "consistency")
    throw Error::usage("--sampler " + o.sampler, "--mid_t belongs to --sampler consistency");
  check_guidance(o);
  check_at_least("--steps", static_cast<double>(o.num_steps), static_cast<double>(sampler.fewest_steps));
  if (o.num_steps > kMaxSteps)
    throw Error::usage("--steps", "expected at most " + std::to_string(kMaxSteps) + ", found " +
                                      std::to_string(o.num_steps));
  check_levels(o);
  check_noise_level("--sigma_min", o.sigma_min);
  check_noise_level("--sigma_max", o.sigma_max);
  check_positive("--rho", o.rho);
  check_noise_level("--middle", o.middle);
  check_positive("--alpha", o.alpha);
  for (const double t : o.mid_t) check_noise_level("--mid_t", t);
  check_finite("--S_churn", o.S_churn);
  check_finite("--S_min", o.S_min);
  check_finite("--S_noise", o.S_noise);
  check_at_least("--S_max", o.S_max, 0);  // infinite by default
}

void check_noise_levels(const SamplerOptions& o, double net_sigma_min, double net_sigma_max,
                        const std::string& who) {
  const double sigma_max = o.sigma_max.value_or(kSigmaMax);
  const auto check_below = [](const std::string& flag, double low, double high) {
    if (!(low < high))
      throw Error::usage(flag, "expected a noise level below " + number(high) + ", found " + number(low));
  };
  if (o.sampler == "edm") {  // an ablation has defaults of its own, which only raise sigma_max
    if (o.is_ablation() && !(o.sigma_min && o.sigma_max)) return;
    check_below("--sigma_min", std::max(o.sigma_min.value_or(kSigmaMin), net_sigma_min),
                std::min(sigma_max, net_sigma_max));
    return;
  }
  const auto check_known = [&](const std::string& flag, double level) {
    if (level < net_sigma_min || level > net_sigma_max)
      throw Error::usage(flag, who + " knows noise levels from " + number(net_sigma_min) + " to " +
                                   number(net_sigma_max) + ", found " + number(level));
  };
  check_known("--sigma_max", sigma_max);
  if (o.sampler == "two_step") {
    check_known("--middle", o.middle);
    check_below("--middle", o.middle, sigma_max);
  }
  // Both ends, and so every level between them, those of --ts too.
  if (o.sampler == "edm2" || o.sampler == "openai_cm")
    check_known("--sigma_min", o.sigma_min.value_or(kSigmaMin));
  if (o.sampler == "multi_step" || o.sampler == "edm2" || o.sampler == "openai_cm")
    check_below("--sigma_min", o.sigma_min.value_or(kSigmaMin), sigma_max);
  for (const double t : o.mid_t) check_known("--mid_t", t);
}

at::Tensor sample(const SamplerOptions& options, const Denoiser& net, const at::Tensor& latents,
                  const Noise& noise) {
  check_noise_levels(options, net.sigma_min, net.sigma_max);
  return find_sampler(options.sampler).run(options, net, latents, noise);
}

}  // namespace gdd
