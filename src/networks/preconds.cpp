#include "networks/preconds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/printable.h"
#include "gdd/error.h"
#include "networks/precond_class.h"
#include "networks/script_builder.h"
#include "networks/tree_marks.h"
#include "networks/unets.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxResolution = 4096, kMaxImageChannels = 256, kMaxLabels = 1 << 20,
                       kMaxSteps = 1 << 20;
constexpr std::int64_t kFloat16 = 5, kBFloat16 = 15;  // torch's numbers of dtypes

// Every class that is known, in the order in which messages list them.
const std::vector<PrecondClass>& precond_classes() {
  static const std::vector<PrecondClass> kClasses = [] {
    std::vector<PrecondClass> all;
    for (const PrecondFamily* family : {&edm_family(), &ecm_family(), &edm2_family(), &openai_family()})
      all.insert(all.end(), family->begin(), family->end());
    return all;
  }();
  return kClasses;
}

// Classes of one name that stand for several, and what tells them apart.
struct SharedName {
  const char* name;
  const char* key;  // of an assumption
  std::string (*tell)(const ModuleTree& precond);
  std::string (*doubt)(const ModuleTree& precond);  // empty where `tell` is sure
  const char* remedy;
};
constexpr std::array kSharedNames{
    SharedName{"ECMPrecond", "ecm", ecm_variant, ecm_doubt,
               "say whose class it is: --assume ecm=ect (Consistency models made easy) or --assume ecm=tcm "
               "(Truncated consistency models)"},
};

const SharedName* find_shared_name(const std::string& class_name) {
  const auto found = std::find_if(kSharedNames.begin(), kSharedNames.end(),
                                  [&](const SharedName& row) { return class_name == row.name; });
  return found == kSharedNames.end() ? nullptr : &*found;
}

const PrecondClass& find_class(const ModuleTree& module) {
  const std::string variant = variant_of(module);
  std::string known, before;
  for (const PrecondClass& row : precond_classes()) {
    if (module.class_name == row.name && variant == row.variant) return row;
    if (before != row.name) known += (known.empty() ? "" : " ") + std::string(row.name);
    before = row.name;
  }
  if (const SharedName* shared = find_shared_name(module.class_name))
    throw Error(
        module.path,
        "nothing in the file tells which class '" + module.class_name + "' this is, of formulas that differ",
        shared->remedy);
  throw Error(module.path, "class '" + module.class_name + "' is not a known network (known: " + known + ")",
              kUseOfTheFamily);
}

const ModuleTree* find_unet(const ModuleTree& module, const PrecondClass& precond) {
  return module.child(precond.unet);
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

Fields common_fields(const ModuleTree& module, const PrecondClass& precond, bool gdd_revision) {
  const bool ranged = precond.has_sigma_range;
  const double sigma_min = ranged ? sigma_bound(module, "sigma_min") : 0,
               sigma_max =
                   ranged ? sigma_bound(module, "sigma_max") : std::numeric_limits<double>::infinity();
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

// What the class has beyond the others.
void add_own_fields(const ModuleTree& module, const PrecondClass& precond, Weights& weights, Fields& fields) {
  for (const char* name : precond.numbers) fields.push_back(float_field(name, finite_number(module, name)));
  for (const char* name : precond.counts)
    fields.push_back(int_field(name, int_in_range(module, name, 1, kMaxSteps)));
  std::vector<ExpectedTensor> expected;
  for (const PrecondBuffer& row : precond.buffers) expected.push_back({row.name, row.shape(module)});
  const std::vector<at::Tensor> tensors = weights.buffers(module, expected);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    fields.push_back(buffer_field(precond.buffers[i].name, tensors[i]));
}

}  // namespace

void settle_network(ModuleTree& precond, Assumptions& assumed, std::string* doubt) {
  if (const SharedName* shared = find_shared_name(precond.class_name);
      shared && !precond.attribute(kVariant)) {
    std::string variant = shared->tell(precond);
    const std::string guess = shared->doubt(precond);
    if (variant.empty() || !guess.empty()) {
      const auto given = assumed.take(shared->key);
      if (!given && doubt) *doubt = guess;
      variant = given.value_or(variant);
    }
    if (!variant.empty()) precond.attributes.emplace_back(kVariant, Attribute{variant});
  }
  const PrecondClass& row = find_class(precond);
  std::erase_if(precond.children, [&](const auto& child) {
    return std::find(row.training_only.begin(), row.training_only.end(), child.first) !=
           row.training_only.end();
  });
}

torch::jit::Module build_precond(const ModuleTree& module, Weights& weights, double* activation_bytes) {
  const PrecondClass& precond = find_class(module);
  expect_children(module, {precond.unet});
  const ModuleTree& model = *find_unet(module, precond);
  const bool gdd_revision = is_gdd_revision(model);
  Fields fields = common_fields(module, precond, gdd_revision);
  weights.parameters(module, {});
  add_own_fields(module, precond, weights, fields);

  ScriptBuilder script;
  NetworkParts parts{script, weights, gdd_revision};
  const std::int64_t channels = module.get_int("img_channels");
  const UNetInterface interface {
    channels, precond.outputs *channels, module.get_int("img_resolution"), module.get_int("label_dim")
  };
  fields.push_back(module_field("model", build_unet(model, parts, interface)));
  if (activation_bytes) *activation_bytes = parts.activation_bytes;
  return script.make(module.class_name, fields, precond.source);
}

bool is_known_precond(const std::string& class_name) {
  const auto& classes = precond_classes();
  return std::any_of(classes.begin(), classes.end(),
                     [&](const PrecondClass& known) { return class_name == known.name; });
}

const ModuleTree* unet_of(const ModuleTree& precond) {
  for (const PrecondClass& row : precond_classes())
    if (precond.class_name == row.name) return find_unet(precond, row);
  return precond.child("model");
}

bool leaves_precision(const ModuleTree& precond) { return find_class(precond).leaves_precision; }

std::string variant_of(const ModuleTree& precond) {
  if (const Attribute* told = precond.attribute(kVariant))
    if (const auto* text = std::get_if<std::string>(&told->value)) return *text;
  const SharedName* shared = find_shared_name(precond.class_name);
  return shared ? shared->tell(precond) : "";
}

}  // namespace gdd
