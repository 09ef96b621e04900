#include "networks/preconds.h"

#include <algorithm>

#include <cmath>

#include "gdd/error.h"
#include "networks/preconds_source.h"
#include "networks/script_builder.h"
#include "networks/unets.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxResolution = 4096, kMaxImageChannels = 256, kMaxLabels = 1 << 20,
                       kMaxSteps = 1 << 20;
constexpr std::int64_t kFloat16 = 5, kBFloat16 = 15;  // torch's numbers of dtypes

struct PrecondClass {
  const char* name;
  const char* denoise;
  std::vector<const char*> numbers;  // further attributes that `denoise` reads
};

// The known classes. To add one: its denoise in preconds_source.cpp and a line here.
const std::vector<PrecondClass>& precond_classes() {
  static const std::vector<PrecondClass> kClasses{
      {"GDDPrecond", source::kDenoiseGDD, {"eps"}},
      {"D2OPrecond", source::kDenoiseGDD, {"eps"}},
      {"EDMPrecond", source::kDenoiseEDM, {}},
      {"ECMPrecond", source::kDenoiseECM, {}},
      {"VPPrecond", source::kDenoiseVP, {"beta_d", "beta_min"}},
      {"VEPrecond", source::kDenoiseVE, {}},
      {"iDDPMPrecond", source::kDenoiseIDDPM, {}},
  };
  return kClasses;
}

const PrecondClass& find_class(const ModuleTree& module) {
  std::string known;
  for (const PrecondClass& row : precond_classes()) {
    if (module.class_name == row.name) return row;
    known += (known.empty() ? "" : " ") + std::string(row.name);
  }
  throw Error(module.path, "class '" + module.class_name + "' is not a known network (known: " + known + ")",
              "use a snapshot of GDD, D2O, EDM, SiD or ECT");
}

// GDD's Conv2d has `groups` and EDM's has not; nothing else tells the two revisions apart.
bool is_gdd_revision(const ModuleTree& model) {
  const ModuleTree* enc = model.child("enc");
  return enc && !enc->children.empty() && enc->children.front().second.attribute("groups");
}

// sigma_max may be infinite, nothing may be NaN.
double sigma_bound(const ModuleTree& module, const std::string& name) {
  const double value = module.get_double(name);
  if (!(value >= 0))
    throw Error(module.path, "expected '" + name + "' to be at least 0, found " + std::to_string(value));
  return value;
}

Fields common_fields(const ModuleTree& module, bool gdd_revision) {
  const double sigma_min = sigma_bound(module, "sigma_min"), sigma_max = sigma_bound(module, "sigma_max");
  const bool has_sigma_data = module.attribute("sigma_data") != nullptr;
  const double sigma_data = has_sigma_data ? finite_number(module, "sigma_data") : 0.5;
  if (sigma_max < sigma_min || sigma_data <= 0)
    throw Error(module.path, "expected sigma_min <= sigma_max and sigma_data > 0, found " +
                                 std::to_string(sigma_min) + ", " + std::to_string(sigma_max) + ", " +
                                 std::to_string(sigma_data));
  return {int_field("img_resolution", int_in_range(module, "img_resolution", 1, kMaxResolution)),
          int_field("img_channels", int_in_range(module, "img_channels", 1, kMaxImageChannels)),
          int_field("label_dim", int_in_range(module, "label_dim", 0, kMaxLabels)),
          bool_field("use_fp16", module.get_bool("use_fp16", false)),
          int_field(kHalfType, gdd_revision ? kBFloat16 : kFloat16),
          float_field("sigma_min", sigma_min),
          float_field("sigma_max", sigma_max),
          float_field("sigma_data", sigma_data)};
}

}  // namespace

torch::jit::Module build_precond(const ModuleTree& module, Weights& weights, double* activation_bytes) {
  const PrecondClass& precond = find_class(module);
  expect_children(module, {"model"});
  const ModuleTree& model = *module.child("model");
  const bool gdd_revision = is_gdd_revision(model);
  const bool is_iddpm = module.class_name == "iDDPMPrecond", is_vp = module.class_name == "VPPrecond";
  Fields fields = common_fields(module, gdd_revision);
  for (const char* name : precond.numbers) fields.push_back(float_field(name, finite_number(module, name)));

  weights.parameters(module, {});
  std::string source = source::kPrecond;
  source += precond.denoise;
  source += is_iddpm ? source::kRoundSigmaIDDPM : source::kRoundSigma;
  if (is_iddpm || is_vp) fields.push_back(int_field("M", int_in_range(module, "M", 1, kMaxSteps)));
  const auto u = weights.buffers(
      module, {{"u", is_iddpm ? std::optional(Shape{module.get_int("M") + 1}) : std::nullopt}});
  if (is_iddpm) fields.push_back(buffer_field("u", u[0]));

  ScriptBuilder script;
  NetworkParts parts{script, weights, gdd_revision, 0};
  const std::int64_t channels = module.get_int("img_channels");
  const UNetInterface interface {
    channels, is_iddpm ? 2 * channels : channels,
        module.get_int("img_resolution"), module.get_int("label_dim")
  };
  fields.push_back(module_field("model", build_unet(model, parts, interface)));
  if (activation_bytes) *activation_bytes = parts.activation_bytes;
  return script.make(module.class_name, fields, source);
}

bool is_known_precond(const std::string& class_name) {
  const auto& classes = precond_classes();
  return std::any_of(classes.begin(), classes.end(),
                     [&](const PrecondClass& known) { return class_name == known.name; });
}

}  // namespace gdd
