#include "networks/layers.h"

#include <algorithm>
#include <cmath>

#include "gdd/error.h"
#include "networks/layers_source.h"
#include "networks/openai_layers_source.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxFilter = 64;

[[noreturn]] void fail_attribute(const ModuleTree& module, const std::string& name,
                                 const std::string& expected, const std::string& found) {
  throw Error(module.path, "expected '" + name + "' to be " + expected + ", found " + found,
              "the file is damaged or holds a network this program does not know");
}

void expect_int(const ModuleTree& module, const std::string& name, std::int64_t expected) {
  const std::int64_t found = module.get_int(name);
  if (found != expected) fail_attribute(module, name, std::to_string(expected), std::to_string(found));
}

const ModuleTree& child(const ModuleTree& module, const std::string& name) { return *module.child(name); }

// The methods of a Conv2d, by the way it resamples.
std::string conv_source(const ModuleTree& module, bool up, bool down, bool has_weight) {
  const std::string resampling = up ? source::kUpsample : down ? source::kDownsample : "";
  if (!has_weight) {
    if (!up && !down) fail_attribute(module, "up or down", "true in a Conv2d without weight", "false");
    return resampling + (up ? source::kResampleUp : source::kResampleDown);
  }
  const bool fused = module.get_bool("fused_resample", false);
  // No network of the family fuses upsampling; what it computes changed between EDM's revisions.
  if (fused && up) fail_attribute(module, "fused_resample", "false when upsampling", "true");
  const std::string shared = source::kConvolve + resampling;
  if (up) return shared + source::kConvUp;
  if (down) return shared + (fused ? source::kConvFusedDown : source::kConvDown);
  return shared + source::kConv;
}

// The same as OpenAI's code does it: averages of four, and copies.
std::string openai_conv_source(const ModuleTree& module, bool up, bool down, bool has_weight) {
  if (has_weight) return up ? source::kConvUpOpenAI : down ? source::kConvDownOpenAI : source::kConvOpenAI;
  if (!up && !down) fail_attribute(module, "up or down", "true in a Conv2d without weight", "false");
  return up ? source::kResampleUpOpenAI : source::kResampleDownOpenAI;
}

// The square filter's own shape, which only the buffer tells.
std::optional<Shape> filter_shape(const ModuleTree& module, bool resamples) {
  if (!resamples) return std::nullopt;
  const TensorView* filter = module.buffer("resample_filter");
  const std::int64_t side = filter && !filter->shape.empty() ? filter->shape.back() : 2;
  if (side < 1 || side > kMaxFilter)
    fail_attribute(module, "resample_filter", "1 to 64 wide", std::to_string(side));
  return Shape{1, 1, side, side};
}

std::int64_t num_heads(const ModuleTree& module, std::int64_t channels) {
  const std::int64_t heads = int_in_range(module, "num_heads", 0, channels);
  if (heads > 0 && channels % heads != 0)
    fail_attribute(module, "num_heads", "a divisor of " + std::to_string(channels), std::to_string(heads));
  return heads;
}

bool resamples(const ModuleTree& conv, const char* direction) { return conv.get_bool(direction, false); }

// Appends the fields of a block's other branch, if it has one, and returns the method that goes through it.
const char* add_shortcut(const ModuleTree& block, NetworkParts& parts, std::int64_t in, std::int64_t out,
                         Fields& fields) {
  const ModuleTree& main = child(block, "conv0");
  const ModuleTree* skip = block.child("skip");
  if (!skip) {
    if (in != out || resamples(main, "up") || resamples(main, "down")) expect_children(block, {"skip"});
    return source::kNoShortcut;
  }
  for (const char* direction : {"up", "down"})
    if (resamples(*skip, direction) != resamples(main, direction))
      fail_attribute(*skip, direction, "as in conv0", "the opposite");
  // Whether a skip between equal channels has a weight (resample_proj) is stored nowhere else.
  const std::int64_t kernel = in != out || skip->parameter("weight") ? 1 : 0;
  fields.push_back(module_field("skip", build_conv2d(*skip, parts, in, out, kernel)));
  return source::kShortcut;
}

// The same for a block's attention.
std::string add_attention(const ModuleTree& block, NetworkParts& parts, std::int64_t heads,
                          std::int64_t channels, Fields& fields) {
  if (heads == 0) return source::kNoAttention;
  fields.push_back(int_field("num_heads", heads));
  fields.push_back(bool_field(kReduced, false));
  fields.push_back(bool_field(kByProducts, false));
  fields.push_back(module_field("norm2", build_group_norm(child(block, "norm2"), parts, channels)));
  fields.push_back(
      module_field("qkv", build_conv2d(child(block, "qkv"), parts, channels, 3 * channels, /*kernel=*/1)));
  fields.push_back(
      module_field("proj", build_conv2d(child(block, "proj"), parts, channels, channels, /*kernel=*/1)));
  return std::string(parts.as_openai ? source::kAttentionOpenAI : source::kAttention) +
         source::kAttentionAtOnce;
}

NoiseEmbedding build_fourier_embedding(const ModuleTree& module, NetworkParts& parts) {
  const bool learnable = module.get_bool("learnable", false);  // TCM's
  const TensorView* view = module.buffer("freqs");
  const std::int64_t half = view && !view->shape.empty() ? view->shape[0] : 1;
  const auto freqs = parts.weights.buffers(module, {{"freqs", Shape{half}}});
  const auto scale =
      parts.weights.parameters(module, {{"scale", learnable ? std::optional(Shape{}) : std::nullopt}});
  Fields fields{buffer_field("freqs", freqs[0])};
  if (learnable) fields.push_back(parameter_field("scale", scale[0]));
  return {parts.script.make("FourierEmbedding", fields,
                            learnable ? source::kFourierEmbeddingLearnable : source::kFourierEmbedding),
          2 * half};
}

}  // namespace

std::int64_t int_in_range(const ModuleTree& module, const std::string& name, std::int64_t low,
                          std::int64_t high) {
  const std::int64_t value = module.get_int(name);
  if (value < low || value > high)
    fail_attribute(module, name, std::to_string(low) + " to " + std::to_string(high), std::to_string(value));
  return value;
}

double finite_number(const ModuleTree& module, const std::string& name) {
  const double value = module.get_double(name);
  if (!std::isfinite(value)) fail_attribute(module, name, "finite", std::to_string(value));
  return value;
}

void expect_class(const ModuleTree& module, std::initializer_list<const char*> classes) {
  std::string known;
  for (const char* name : classes) {
    if (module.class_name == name) return;
    known += (known.empty() ? "" : " ") + std::string(name);
  }
  throw Error(module.path,
              "class '" + module.class_name + "' is not a known network (known here: " + known + ")",
              kUseOfTheFamily);
}

void expect_children(const ModuleTree& module, const std::vector<std::string>& required,
                     const std::vector<std::string>& optional) {
  for (const std::string& name : required)
    if (!module.child(name))
      throw Error(module.path,
                  "expected a child module '" + name + "' in a " + module.class_name + ", found none");
  for (const auto& [name, unused] : module.children) {
    const bool known = std::find(required.begin(), required.end(), name) != required.end() ||
                       std::find(optional.begin(), optional.end(), name) != optional.end();
    if (!known) throw Error(module.path, "expected no child module '" + name + "' in a " + module.class_name);
  }
}

torch::jit::Module build_linear(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                std::int64_t out, bool bias) {
  expect_class(module, {"Linear"});
  expect_children(module, {});
  expect_int(module, "in_features", in);
  expect_int(module, "out_features", out);
  const auto weights = parts.weights.parameters(
      module, {{"weight", Shape{out, in}}, {"bias", bias ? std::optional(Shape{out}) : std::nullopt}});
  parts.weights.buffers(module, {});
  Fields fields{parameter_field("weight", weights[0])};
  if (bias) fields.push_back(parameter_field("bias", weights[1]));
  const char* const with_bias = parts.as_openai ? source::kLinearOpenAI : source::kLinear;
  return parts.script.make("Linear", fields, bias ? with_bias : source::kLinearWithoutBias);
}

torch::jit::Module build_conv2d(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                std::int64_t out, std::int64_t kernel) {
  expect_class(module, {"Conv2d"});
  expect_children(module, {});
  expect_int(module, "in_channels", in);
  expect_int(module, "out_channels", out);
  const bool up = module.get_bool("up", false), down = module.get_bool("down", false);
  if (up && down) fail_attribute(module, "up and down", "not both true", "both");
  const bool has_weight = kernel > 0;
  const std::string source = parts.as_openai ? openai_conv_source(module, up, down, has_weight)
                                             : conv_source(module, up, down, has_weight);

  Fields fields;
  const auto filter = parts.weights.buffers(
      module, {{"resample_filter", filter_shape(module, (up || down) && !parts.as_openai)}});
  if (!has_weight) {
    parts.weights.parameters(module, {});
  } else {
    // `groups` is GDD's; EDM's Conv2d has none.
    const std::int64_t groups = module.attribute("groups") ? int_in_range(module, "groups", 1, in) : 1;
    if (in % groups != 0 || out % groups != 0)
      fail_attribute(module, "groups", "a divisor of the channels", std::to_string(groups));
    const auto weights = parts.weights.parameters(
        module, {{"weight", Shape{out, in / groups, kernel, kernel}}, {"bias", Shape{out}}});
    fields = {parameter_field("weight", weights[0]), parameter_field("bias", weights[1]),
              int_field("groups", groups), bool_field(kReduced, false)};
  }
  if (filter[0].defined()) fields.push_back(buffer_field("resample_filter", filter[0]));
  return parts.script.make("Conv2d", fields, source);
}

torch::jit::Module build_group_norm(const ModuleTree& module, NetworkParts& parts, std::int64_t channels) {
  expect_class(module, {"GroupNorm"});
  expect_children(module, {});
  const std::int64_t groups = int_in_range(module, "num_groups", 1, channels);
  if (channels % groups != 0)
    fail_attribute(module, "num_groups", "a divisor of " + std::to_string(channels), std::to_string(groups));
  const double eps = finite_number(module, "eps");
  if (eps < 0) fail_attribute(module, "eps", "at least 0", std::to_string(eps));
  const auto weights =
      parts.weights.parameters(module, {{"weight", Shape{channels}}, {"bias", Shape{channels}}});
  parts.weights.buffers(module, {});
  return parts.script.make("GroupNorm",
                           {parameter_field("weight", weights[0]), parameter_field("bias", weights[1]),
                            int_field("num_groups", groups), float_field("eps", eps),
                            bool_field(kWideNorm, parts.normalise_in_float32), bool_field(kReduced, false)},
                           source::kGroupNorm);
}

NoiseEmbedding build_noise_embedding(const ModuleTree& module, NetworkParts& parts) {
  expect_class(module, {"PositionalEmbedding", "FourierEmbedding"});
  expect_children(module, {});
  if (module.class_name == "FourierEmbedding") return build_fourier_embedding(module, parts);
  parts.weights.parameters(module, {});
  parts.weights.buffers(module, {});
  const std::int64_t channels = int_in_range(module, "num_channels", 4, kMaxChannels);
  const double max_positions = finite_number(module, "max_positions");
  if (max_positions <= 0) fail_attribute(module, "max_positions", "positive", std::to_string(max_positions));
  return {
      parts.script.make("PositionalEmbedding",
                        {int_field("num_channels", channels), float_field("max_positions", max_positions),
                         bool_field("endpoint", module.get_bool("endpoint", false))},
                        parts.as_openai ? source::kPositionalEmbeddingOpenAI : source::kPositionalEmbedding),
      channels / 2 * 2};
}

torch::jit::Module build_block(const ModuleTree& module, NetworkParts& parts, std::int64_t emb_channels) {
  expect_class(module, {"UNetBlock"});
  const std::int64_t in = int_in_range(module, "in_channels", 1, kMaxChannels);
  const std::int64_t out = int_in_range(module, "out_channels", 1, kMaxChannels);
  const std::int64_t heads = num_heads(module, out);
  std::vector<std::string> required{"norm0", "conv0", "affine", "norm1", "conv1"};
  if (heads > 0) required.insert(required.end(), {"norm2", "qkv", "proj"});
  expect_children(module, required, {"skip"});
  parts.weights.parameters(module, {});
  parts.weights.buffers(module, {});

  const bool adaptive = module.get_bool("adaptive_scale", true);
  Fields fields{float_field("skip_scale", finite_number(module, "skip_scale")),
                module_field("norm0", build_group_norm(child(module, "norm0"), parts, in)),
                module_field("conv0", build_conv2d(child(module, "conv0"), parts, in, out, /*kernel=*/3)),
                module_field("affine", build_linear(child(module, "affine"), parts, emb_channels,
                                                    adaptive ? 2 * out : out)),
                module_field("norm1", build_group_norm(child(module, "norm1"), parts, out)),
                module_field("conv1", build_conv2d(child(module, "conv1"), parts, out, out, /*kernel=*/3))};
  std::string source = parts.as_openai ? (adaptive ? source::kBlockAdaptiveScaleOpenAI : source::kBlockOpenAI)
                                       : (adaptive ? source::kBlockAdaptiveScale : source::kBlock);
  source +=
      parts.normalise_embedding ? std::string(source::kEmbedNormalised) + source::kNormalise : source::kEmbed;
  source += add_shortcut(module, parts, in, out, fields);
  source += add_attention(module, parts, heads, out, fields);
  return parts.script.make("UNetBlock", fields, source);
}

}  // namespace gdd
