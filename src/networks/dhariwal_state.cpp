#include "networks/dhariwal_state.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "base/printable.h"
#include "gdd/error.h"
#include "networks/tree_marks.h"
#include "networks/tree_places.h"

namespace gdd {
namespace {

void set(ModuleTree& module, const char* name, Attribute value) {
  module.attributes.emplace_back(name, std::move(value));
}
void set_int(ModuleTree& module, const char* name, std::int64_t value) { set(module, name, {value}); }
void set_bool(ModuleTree& module, const char* name, bool value) { set(module, name, {value}); }
void set_real(ModuleTree& module, const char* name, double value) { set(module, name, {value}); }

// Puts a tensor where its name says; filters are the one kind of buffer.
void place(ModuleTree& root, const std::string& name, const TensorView& view) {
  const auto [module, last] = place_of(root, name);
  if (!module) throw Error(gdd::quoted(name), "is no name of a network's tensor");
  (last == "resample_filter" ? module->buffers : module->parameters).emplace_back(last, view);
}

// "64x64_block3" as what orders it: EDM's networks are built in this order, and a file may have lost it.
struct LayerName {
  std::int64_t side = 0, number = 0;
  int kind = 0;
};
LayerName parse_layer(const std::string& name) {
  constexpr const char* kKinds[] = {"conv", "down", "up", "in", "block"};
  LayerName layer;
  std::from_chars(name.data(), name.data() + name.size(), layer.side);
  const std::size_t underscore = std::min(name.find('_'), name.size() - 1);
  const std::string rest = name.substr(underscore + 1);
  for (const char* kind : kKinds) {
    if (rest.starts_with(kind)) break;
    ++layer.kind;
  }
  const std::size_t digits = rest.find_first_of("0123456789");
  if (digits != std::string::npos)
    std::from_chars(rest.data() + digits, rest.data() + rest.size(), layer.number);
  return layer;
}

void sort_layers(ModuleTree& stack, bool falls) {
  std::stable_sort(stack.children.begin(), stack.children.end(), [falls](const auto& a, const auto& b) {
    const LayerName x = parse_layer(a.first), y = parse_layer(b.first);
    const std::int64_t sign = falls ? -1 : 1;
    return std::tuple(sign * x.side, x.kind, x.number) < std::tuple(sign * y.side, y.kind, y.number);
  });
}

class Describer {
 public:
  explicit Describer(const DhariwalFacts& facts) : facts_(facts) {}

  void unet(ModuleTree& unet) const {
    unet.class_name = "DhariwalUNet";
    for (auto& [name, child] : unet.children) {
      if (name.starts_with("map_")) linear(child);
      if (name == "out_norm") norm(child);
      if (name == "out_conv") conv(child, false, false);
      if (name == "enc" || name == "dec") stack(child, name == "enc");
    }
    ModuleTree& map_noise = child_of(unet, "map_noise");
    map_noise.class_name = "PositionalEmbedding";
    const ModuleTree* first = unet.child("map_layer0");
    set_int(map_noise, "num_channels", first ? size_of(first->parameter("weight"), 1) : 0);
    set_int(map_noise, "max_positions", 10'000);
    set_bool(map_noise, "endpoint", false);
    if (facts_.as_openai) set_bool(unet, kAsOpenAI, true);
  }

 private:
  void stack(ModuleTree& stack, bool encodes) const {
    stack.class_name = "torch.nn.modules.container.ModuleDict";
    sort_layers(stack, /*falls=*/encodes);
    for (auto& [name, layer] : stack.children) {
      const bool up = name.ends_with("_up"), down = name.ends_with("_down");
      layer.child("norm0") ? block(layer, up, down) : conv(layer, false, false);
    }
  }

  void block(ModuleTree& block, bool up, bool down) const {
    block.class_name = "UNetBlock";
    const std::int64_t in = width(block, "norm0"), out = width(block, "norm1");
    if (up || down) child_of(block, "skip");  // which may have no tensor
    for (auto& [name, child] : block.children) {
      if (name.starts_with("norm")) norm(child);
      if (name == "affine") linear(child);
      if (name == "conv0") conv(child, up, down);
      if (name == "skip") skip(child, in, out, up, down);
      if (name == "conv1" || name == "qkv" || name == "proj") conv(child, false, false);
    }
    set_int(block, "in_channels", in);
    set_int(block, "out_channels", out);
    set_int(block, "num_heads", block.child("qkv") ? heads(out) : 0);
    set_real(block, "skip_scale", 1);
    const ModuleTree* affine = block.child("affine");
    set_bool(block, "adaptive_scale", !affine || size_of(affine->parameter("weight"), 0) != out);
  }

  std::int64_t heads(std::int64_t channels) const {
    return facts_.heads > 0 ? facts_.heads : std::max<std::int64_t>(channels / facts_.head_channels, 1);
  }

  static std::int64_t width(const ModuleTree& block, const char* norm) {
    const ModuleTree* child = block.child(norm);
    return child ? size_of(child->parameter("weight"), 0) : 0;
  }

  static void linear(ModuleTree& module) {
    module.class_name = "Linear";
    set_int(module, "in_features", size_of(module.parameter("weight"), 1));
    set_int(module, "out_features", size_of(module.parameter("weight"), 0));
  }

  static void conv(ModuleTree& module, bool up, bool down) {
    module.class_name = "Conv2d";
    set_int(module, "in_channels", size_of(module.parameter("weight"), 1));
    set_int(module, "out_channels", size_of(module.parameter("weight"), 0));
    set_bool(module, "up", up);
    set_bool(module, "down", down);
  }

  // Between equal channels it only resamples and has no weight.
  static void skip(ModuleTree& module, std::int64_t in, std::int64_t out, bool up, bool down) {
    if (module.parameter("weight")) return conv(module, up, down);
    conv(module, up, down);
    for (auto& [name, value] : module.attributes) {
      if (name == "in_channels") value = {in};
      if (name == "out_channels") value = {out};
    }
  }

  void norm(ModuleTree& module) const {
    module.class_name = "GroupNorm";
    const std::int64_t channels = size_of(module.parameter("weight"), 0);
    set_int(module, "num_groups", std::min(facts_.most_groups, channels / facts_.least_group_channels));
    set_real(module, "eps", 1e-5);
  }

  const DhariwalFacts& facts_;
};

}  // namespace

const TensorView* find_tensor(const StateDict& tensors, const std::string& name) {
  for (const auto& [key, view] : tensors)
    if (key == name) return &view;
  return nullptr;
}

std::int64_t size_of(const TensorView* view, std::size_t dimension) {
  if (!view) return 0;
  const std::vector<std::int64_t>& shape = view->counts_as.empty() ? view->shape : view->counts_as;
  return dimension < shape.size() ? shape[dimension] : 0;
}

ModuleTree dhariwal_tree(const StateDict& tensors, const DhariwalFacts& facts) {
  ModuleTree root;
  for (const auto& [name, view] : tensors) place(root, name, view);
  if (root.children.size() != 1 || !root.parameters.empty() || root.children.front().first != "model")
    throw Error("the state dict", "has tensors outside of 'model'",
                "the file is damaged or holds a network this program does not know");
  ModuleTree unet = std::move(root.children.front().second);
  Describer(facts).unet(unet);
  return unet;
}

ModuleTree precond_tree(const std::string& class_name, const std::string& variant, ModuleTree unet,
                        const DhariwalFacts& facts, double sigma_min, double sigma_max) {
  ModuleTree precond;
  precond.class_name = class_name;
  const ModuleTree *out = unet.child("out_conv"), *label = unet.child("map_label");
  set_int(precond, "img_resolution", facts.resolution);
  set_int(precond, "img_channels", out ? size_of(out->parameter("weight"), 0) : 0);
  set_int(precond, "label_dim", label ? size_of(label->parameter("weight"), 1) : 0);
  set_bool(precond, "use_fp16", false);
  set_real(precond, "sigma_min", sigma_min);
  set_real(precond, "sigma_max", sigma_max);
  set_real(precond, "sigma_data", 0.5);
  if (!variant.empty()) set(precond, kVariant, {variant});
  precond.children.emplace_back("model", std::move(unet));
  return precond;
}

}  // namespace gdd
