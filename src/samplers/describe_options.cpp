#include <cmath>
#include <cstdio>

#include "samplers/sampler.h"

namespace gdd {
namespace {

class Settings {
 public:
  void text(const std::string& name, const std::string& value) { list.push_back({name, value, false}); }
  void number(const std::string& name, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.17g", value);
    list.push_back({name, digits, std::isfinite(value)});  // JSON has no infinity
  }

  std::vector<SamplerSetting> list;
};

void describe_edm(const SamplerOptions& o, Settings& settings) {
  settings.number("num_steps", static_cast<double>(o.num_steps));
  settings.number("S_churn", o.S_churn);
  settings.number("S_min", o.S_min);
  settings.number("S_max", o.S_max);
  settings.number("S_noise", o.S_noise);
}

// "0,22,39" of a schedule of 40.
void describe_levels(const SamplerOptions& o, Settings& settings) {
  std::string ts;
  for (const std::int64_t number : o.ts) ts += (ts.empty() ? "" : ",") + std::to_string(number);
  settings.text("ts", ts);
  settings.number("num_steps", static_cast<double>(o.num_steps));
}

// Its range of noise levels depends on the discretization unless it is given.
void describe_ablation(const SamplerOptions& o, Settings& settings) {
  const std::string discretization = o.discretization.value_or("edm");
  settings.text("solver", o.solver.value_or("heun"));
  settings.text("discretization", discretization);
  settings.text("schedule", o.schedule.value_or("linear"));
  settings.text("scaling", o.scaling.value_or("none"));
  settings.number("alpha", o.alpha.value_or(1));
  if (o.sigma_min) settings.number("sigma_min", *o.sigma_min);
  if (o.sigma_max) settings.number("sigma_max", *o.sigma_max);
  if (discretization == "edm") settings.number("rho", o.rho);
  describe_edm(o, settings);
}

}  // namespace

std::vector<SamplerSetting> describe_options(const SamplerOptions& o) {
  Settings settings;
  settings.text("name", o.is_ablation() ? "ablation" : o.sampler);
  if (o.is_ablation()) {
    describe_ablation(o, settings);
    return settings.list;
  }
  settings.number("sigma_max", o.sigma_max.value_or(kSigmaMax));
  if (o.sampler == "edm" || o.sampler == "edm2" || o.sampler == "multi_step" || o.sampler == "openai_cm") {
    settings.number("sigma_min", o.sigma_min.value_or(kSigmaMin));
    settings.number("rho", o.rho);
  }
  if (o.sampler == "multi_step") settings.number("num_steps", static_cast<double>(o.num_steps));
  if (o.sampler == "edm" || o.sampler == "edm2") describe_edm(o, settings);
  if (o.sampler == "edm2") settings.number("guidance", o.guidance);
  if (!o.ts.empty()) describe_levels(o, settings);
  if (o.sampler == "two_step") settings.number("middle", o.middle);
  for (std::size_t i = 0; i < o.mid_t.size(); ++i)
    settings.number("mid_t_" + std::to_string(i + 1), o.mid_t[i]);
  return settings.list;
}

}  // namespace gdd
