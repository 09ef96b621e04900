#include "detectors/vision_transformer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace gdd {
namespace {

constexpr std::int64_t kDinoImage = 224, kChannels = 3;
constexpr double kOffset = 0.1;       // facebook's interpolate_offset
constexpr double kQuickGelu = 1.702;  // CLIP's x * sigmoid(1.702 x)

std::int64_t grid_in_use(const Backbone& backbone, const TransformerSizes& sizes) {
  return transformer_image_size(backbone, sizes) / sizes.patch;
}

Resampling resampling_of(const Backbone& backbone, const TransformerSizes& sizes) {
  return sizes.registers > 0 ? backbone.resampling_with_registers : backbone.resampling;
}

at::Tensor resample(const at::Tensor& planes, std::int64_t old, std::int64_t grid, Resampling resampling) {
  const std::vector<std::int64_t> size{grid, grid};
  if (resampling == Resampling::kAntialiased)
    return at::_upsample_bicubic2d_aa(planes, size, /*align_corners=*/false);
  std::optional<double> scale;
  if (resampling == Resampling::kOffset)
    scale = (static_cast<double>(grid) + kOffset) / static_cast<double>(old);
  return at::upsample_bicubic2d(planes, size, /*align_corners=*/false, scale, scale);
}

// The product in float64: folding must not cost a digit.
at::Tensor scaled(const at::Tensor& values, const at::Tensor& factor) {
  return (values.to(at::kDouble) * factor.to(at::kDouble)).to(at::kFloat);
}

// The tensors of a layer, for names without their number.
class BlockWeights {
 public:
  BlockWeights(const TransformerWeights& weights, std::int64_t number)
      : tensors_(weights.tensors), prefix_(std::to_string(number) + ".") {}

  const at::Tensor& operator()(const std::string& name) const { return tensors_.at(prefix_ + name); }

  // A layer whose output is multiplied by `scale`, where the network has that.
  LinearLayer scaled_layer(const std::string& name, const std::string& scale, double factor) const {
    at::Tensor weight = (*this)(name + ".weight"), bias = (*this)(name + ".bias");
    if (factor != 1) weight = scaled(weight, at::tensor(factor, at::kDouble));
    if (const auto found = tensors_.find(prefix_ + scale); found != tensors_.end()) {
      weight = scaled(weight, found->second.unsqueeze(1));
      bias = scaled(bias, found->second);
    }
    return {weight, bias};
  }

 private:
  const std::map<std::string, at::Tensor>& tensors_;
  std::string prefix_;
};

// Attention of all heads, [N, heads, T, 64] each. torch's fused kernel is slow in bfloat16 on a CPU, where
// oneDNN's products are twice as fast; they round the scores to bfloat16, as every layer its output.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  if (!q.device().is_cpu() || q.scalar_type() != at::kBFloat16)
    return at::scaled_dot_product_attention(q, k, v);
  const at::Tensor scores = at::matmul(q * std::sqrt(1.0 / kHeadWidth), k.transpose(-2, -1));
  return at::matmul(at::softmax(scores, -1), v);
}

}  // namespace

std::int64_t transformer_chunk(const Backbone& backbone, const TransformerSizes& sizes) {
  constexpr std::int64_t kTokens = 2048, kLeast = 8;
  const std::int64_t side = grid_in_use(backbone, sizes), tokens = side * side + 1 + sizes.registers;
  return std::max(kLeast, kTokens / tokens / kLeast * kLeast);
}

std::int64_t transformer_image_size(const Backbone& backbone, const TransformerSizes& sizes) {
  return backbone.family == Family::kDinov2 ? kDinoImage : sizes.grid * sizes.patch;
}

std::string resampling_text(const Backbone& backbone, const TransformerSizes& sizes) {
  const std::int64_t grid = grid_in_use(backbone, sizes);
  if (grid == sizes.grid) return "";
  const auto side = [](std::int64_t length) { return std::to_string(length) + "x" + std::to_string(length); };
  std::string text = "positions " + side(sizes.grid) + " to " + side(grid) + " by bicubic";
  if (resampling_of(backbone, sizes) == Resampling::kOffset)
    text += ", scale " + std::to_string(grid) + ".1/" + std::to_string(sizes.grid);
  if (resampling_of(backbone, sizes) == Resampling::kAntialiased) text += ", antialiased";
  return text;
}

at::Tensor resample_positions(const at::Tensor& positions, bool class_position, std::int64_t grid,
                              Resampling resampling) {
  const std::int64_t first = class_position ? 1 : 0, patches = positions.size(0) - first,
                     width = positions.size(1);
  if (patches == grid * grid) return positions;
  const auto old = static_cast<std::int64_t>(std::lrint(std::sqrt(static_cast<double>(patches))));
  const at::Tensor planes =
      positions.narrow(0, first, patches).reshape({1, old, old, width}).permute({0, 3, 1, 2});
  const at::Tensor resampled = resample(planes.contiguous(), old, grid, resampling)
                                   .permute({0, 2, 3, 1})
                                   .reshape({grid * grid, width});
  return at::cat({positions.narrow(0, 0, first), resampled});
}

VisionTransformer::VisionTransformer(const Backbone& backbone, const TransformerWeights& weights)
    : width_(weights.sizes.width),
      patch_(weights.sizes.patch),
      features_(weights.sizes.features),
      gated_(weights.sizes.gated),
      epsilon_(backbone.epsilon),
      has_head_(weights.tensors.contains("head")),
      has_pre_norm_(weights.tensors.contains("pre_norm.weight")) {
  const auto& tensors = weights.tensors;
  const auto optional = [&](const char* name) {
    const auto found = tensors.find(name);
    return found == tensors.end() ? at::Tensor() : found->second;
  };
  const auto norm = [&](const std::string& name) {
    return Norm{tensors.at(name + ".weight"), tensors.at(name + ".bias")};
  };
  const TransformerSizes& sizes = weights.sizes;
  const at::Tensor positions =
      resample_positions(tensors.at("positions"), sizes.class_position, grid_in_use(backbone, sizes),
                         resampling_of(backbone, sizes));
  at::Tensor prefix = tensors.at("class_token").unsqueeze(0);
  if (sizes.class_position) prefix = prefix + positions.narrow(0, 0, 1);
  if (sizes.registers > 0) prefix = at::cat({prefix, tensors.at("registers")});
  prefix_ = prefix.unsqueeze(0);
  positions_ = sizes.class_position ? positions.slice(0, 1) : positions;
  patches_ = LinearLayer(tensors.at("patch.weight").reshape({width_, -1}), optional("patch.bias"));
  if (has_pre_norm_) pre_norm_ = norm("pre_norm");
  norm_ = norm("norm");
  if (has_head_) head_ = LinearLayer(tensors.at("head"), {});
  const bool quick = backbone.family == Family::kClip;
  for (std::int64_t n = 0; n < sizes.blocks; ++n) {
    const BlockWeights block(weights, n);
    at::Tensor up = block("up.weight"), up_bias = block("up.bias");
    if (quick) {
      up = scaled(up, at::tensor(kQuickGelu, at::kDouble));
      up_bias = scaled(up_bias, at::tensor(kQuickGelu, at::kDouble));
    }
    const auto then = gated_  ? LinearLayer::Then::kNothing
                      : quick ? LinearLayer::Then::kSilu
                              : LinearLayer::Then::kGelu;
    blocks_.push_back({{block("norm1.weight"), block("norm1.bias")},
                       {block("norm2.weight"), block("norm2.bias")},
                       {block("qkv.weight"), block("qkv.bias")},
                       block.scaled_layer("out", "scale1", 1),
                       {up, up_bias, then},
                       block.scaled_layer("down", "scale2", quick ? 1 / kQuickGelu : 1)});
  }
}

void VisionTransformer::Norm::place(const c10::Device& device) {
  weight = weight.to(device);
  bias = bias.to(device);
}

void VisionTransformer::place(const c10::Device& device, c10::ScalarType layers) {
  if (device == device_ && layers == layers_) return;
  device_ = device;
  layers_ = layers;
  patches_.place(device, layers);
  if (has_head_) head_.place(device, layers);
  prefix_ = prefix_.to(device);
  positions_ = positions_.to(device);
  if (has_pre_norm_) pre_norm_.place(device);
  norm_.place(device);
  for (Block& block : blocks_) {
    block.norm1.place(device);
    block.norm2.place(device);
    for (LinearLayer* layer : {&block.qkv, &block.out, &block.up, &block.down}) layer->place(device, layers);
  }
}

at::Tensor VisionTransformer::normalised(const at::Tensor& x, const Norm& norm) const {
  return at::layer_norm(x, {width_}, norm.weight, norm.bias, epsilon_);
}

// A convolution whose windows do not overlap is a linear layer over the pixels of each patch.
at::Tensor VisionTransformer::embed(const at::Tensor& images) const {
  const std::int64_t n = images.size(0), side = images.size(2) / patch_, pixels = kChannels * patch_ * patch_;
  const at::Tensor patches = images.reshape({n, kChannels, side, patch_, side, patch_})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({n, side * side, pixels})
                                 .to(layers_);
  const at::Tensor embedded = patches_(patches).to(at::kFloat).add_(positions_);
  at::Tensor tokens = at::cat({prefix_.expand({n, -1, -1}), embedded}, 1);
  return has_pre_norm_ ? normalised(tokens, pre_norm_) : tokens;
}

// [N, T, D] -> [N, T, D], or [N, 1, D] of the class token alone.
at::Tensor VisionTransformer::attend(const at::Tensor& x, const Block& block, bool class_alone) const {
  const std::int64_t n = x.size(0), tokens = x.size(1), heads = width_ / kHeadWidth;
  const at::Tensor h = normalised(x, block.norm1).to(layers_);
  const auto in_heads = [&](const at::Tensor& part, std::int64_t count) {
    return part.unflatten(2, {count, heads, kHeadWidth}).permute({2, 0, 3, 1, 4}).unbind(0);
  };
  std::vector<at::Tensor> qkv;
  if (class_alone) {
    qkv = in_heads(block.qkv.part(h.narrow(1, 0, 1), 0, width_), 1);
    for (at::Tensor& each : in_heads(block.qkv.part(h, width_, 2 * width_), 2))
      qkv.push_back(std::move(each));
  } else {
    qkv = in_heads(block.qkv(h), 3);
  }
  const at::Tensor attended = attention(qkv[0], qkv[1], qkv[2]);
  return block.out(attended.transpose(1, 2).reshape({n, class_alone ? 1 : tokens, width_}));
}

at::Tensor VisionTransformer::feed_forward(const at::Tensor& x, const Block& block) const {
  at::Tensor h = block.up(normalised(x, block.norm2).to(layers_));
  if (gated_) {
    const std::vector<at::Tensor> halves = h.chunk(2, 2);
    h = at::silu(halves[0]).mul_(halves[1]);
  }
  return block.down(h);
}

at::Tensor VisionTransformer::forward(const at::Tensor& images) const {
  at::Tensor x = embed(images.to(device_));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    // Of the last block only the class token is looked at.
    const bool last = i + 1 == blocks_.size();
    const at::Tensor attended = attend(x, blocks_[i], last);
    x = last ? x.narrow(1, 0, 1) + attended : x.add_(attended);
    x.add_(feed_forward(x, blocks_[i]));
  }
  const at::Tensor feature = normalised(x, norm_).squeeze(1);
  return has_head_ ? head_(feature.to(layers_)).to(at::kFloat) : feature;
}

}  // namespace gdd
