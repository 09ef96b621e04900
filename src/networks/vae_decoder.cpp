#include "networks/vae_decoder.h"

#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "base/shape_text.h"
#include "checkpoints/checkpoint.h"
#include "compute/compute.h"
#include "compute/compute_scope.h"
#include "gdd/error.h"
#include "networks/background_hash.h"
#include "networks/layer_stack.h"
#include "networks/layers.h"
#include "networks/script_builder.h"
#include "networks/vae_state.h"
#include "networks/weights.h"

namespace gdd {
namespace {

constexpr const char* kConv = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.conv2d(x, self.weight, self.bias, [1, 1], [self.padding, self.padding])
)";
constexpr const char* kNorm = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
)";
constexpr const char* kLinear = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.weight, self.bias)
)";

constexpr const char* kResnet = R"(
def forward(self, x: Tensor) -> Tensor:
    y = self.conv1.forward(torch.silu(self.norm1.forward(x)))
    y = self.conv2.forward(torch.silu(self.norm2.forward(y)))
    return self.pass_by(x) + y
)";
constexpr const char* kPassBy = R"(
def pass_by(self, x: Tensor) -> Tensor:
    return x
)";
// What goes by lies as [N,H,W,C] behind attention; diffusers lays it out anew here, and so chooses the
// kernel.
constexpr const char* kPassByShortcut = R"(
def pass_by(self, x: Tensor) -> Tensor:
    return self.conv_shortcut.forward(x.contiguous())
)";

// One head over all pixels. The transpositions are diffusers', whose layouts in memory decide the last bits.
constexpr const char* kAttention = R"(
def forward(self, x: Tensor) -> Tensor:
    n, channels, height, width = x.size(0), x.size(1), x.size(2), x.size(3)
    y = x.view([n, channels, height * width])
    y = self.group_norm.forward(y).transpose(1, 2)
    q = self.to_q.forward(y).view([n, -1, 1, channels]).transpose(1, 2)
    k = self.to_k.forward(y).view([n, -1, 1, channels]).transpose(1, 2)
    v = self.to_v.forward(y).view([n, -1, 1, channels]).transpose(1, 2)
    y = torch.scaled_dot_product_attention(q, k, v, None, 0.0, False)
    y = self.to_out.forward(y.transpose(1, 2).reshape([n, -1, channels]))
    return y.transpose(-1, -2).reshape([n, channels, height, width]) + x
)";

constexpr const char* kMid = R"(
def forward(self, x: Tensor) -> Tensor:
    return self.resnet1.forward(self.attention.forward(self.resnet0.forward(x)))
)";
// The kernel of [N,H,W,C] cannot count further.
constexpr const char* kUpsample = R"(
def forward(self, x: Tensor) -> Tensor:
    if x.numel() * 2 > 2 ** 31:
        x = x.contiguous()
    return self.conv.forward(torch.upsample_nearest2d(x, None, [2.0, 2.0]))
)";

constexpr const char* kStackBegin = R"(
def forward(self, x: Tensor) -> Tensor:
)";
constexpr const char* kStackLayer = R"(
    x = LAYER.forward(x)
)";
constexpr const char* kStackEnd = R"(
    return x
)";

constexpr const char* kDecoder = R"(
def forward(self, z: Tensor) -> Tensor:
    x = self.conv_in.forward(self.post_quant_conv.forward(z))
    x = self.up_blocks.forward(self.mid_block.forward(x))
    return self.conv_out.forward(torch.silu(self.conv_norm_out.forward(x)))
)";

const ModuleTree& child(const ModuleTree& module, const char* name) { return *module.child(name); }

class Builder {
 public:
  Builder(const VaeState& state, Weights& weights) : state_(state), weights_(weights) {}

  torch::jit::Module build() {
    const ModuleTree& tree = state_.tree;
    const VaeLayout& layout = state_.layout;
    nothing_else(tree, {"post_quant_conv", "decoder"});
    const ModuleTree& decoder = child(tree, "decoder");
    nothing_else(decoder, {"conv_in", "mid_block", "up_blocks", "conv_norm_out", "conv_out"});
    const std::int64_t first = layout.channels.front(), last = layout.channels.back();
    Fields fields{module_field("post_quant_conv", conv(child(tree, "post_quant_conv"), layout.latent_channels,
                                                       layout.latent_channels, 1)),
                  module_field("conv_in", conv(child(decoder, "conv_in"), layout.latent_channels, first, 3)),
                  module_field("mid_block", mid(child(decoder, "mid_block"), first)),
                  module_field("up_blocks", up_blocks(child(decoder, "up_blocks"))),
                  module_field("conv_norm_out", norm(child(decoder, "conv_norm_out"), last)),
                  module_field("conv_out", conv(child(decoder, "conv_out"), last, layout.image_channels, 3))};
    return script_.make("Decoder", fields, kDecoder);
  }

 private:
  // A module of modules: these, and no tensor of its own.
  void nothing_else(const ModuleTree& module, const std::vector<std::string>& required) {
    expect_children(module, required);
    weights_.parameters(module, {});
  }

  std::vector<at::Tensor> weight_and_bias(const ModuleTree& module, const Shape& weight) {
    expect_children(module, {});
    return weights_.parameters(module, {{"weight", weight}, {"bias", Shape{weight[0]}}});
  }

  torch::jit::Module conv(const ModuleTree& module, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    const auto tensors = weight_and_bias(module, {out, in, kernel, kernel});
    return script_.make("Conv2d",
                        {parameter_field("weight", tensors[0]), parameter_field("bias", tensors[1]),
                         int_field("padding", kernel / 2)},
                        kConv);
  }

  torch::jit::Module norm(const ModuleTree& module, std::int64_t channels) {
    const auto tensors = weight_and_bias(module, {channels});
    return script_.make("GroupNorm",
                        {parameter_field("weight", tensors[0]), parameter_field("bias", tensors[1]),
                         int_field("num_groups", kVaeNormGroups), float_field("eps", kVaeNormEps)},
                        kNorm);
  }

  torch::jit::Module linear(const ModuleTree& module, std::int64_t channels) {
    const auto tensors = weight_and_bias(module, {channels, channels});
    return script_.make(
        "Linear", {parameter_field("weight", tensors[0]), parameter_field("bias", tensors[1])}, kLinear);
  }

  torch::jit::Module resnet(const ModuleTree& module, std::int64_t in, std::int64_t out) {
    std::vector<std::string> parts{"norm1", "conv1", "norm2", "conv2"};
    if (in != out) parts.emplace_back("conv_shortcut");
    nothing_else(module, parts);
    Fields fields{module_field("norm1", norm(child(module, "norm1"), in)),
                  module_field("conv1", conv(child(module, "conv1"), in, out, 3)),
                  module_field("norm2", norm(child(module, "norm2"), out)),
                  module_field("conv2", conv(child(module, "conv2"), out, out, 3))};
    if (in != out)
      fields.push_back(module_field("conv_shortcut", conv(child(module, "conv_shortcut"), in, out, 1)));
    return script_.make("Resnet", fields, std::string(kResnet) + (in != out ? kPassByShortcut : kPassBy));
  }

  torch::jit::Module attention(const ModuleTree& module, std::int64_t channels) {
    nothing_else(module, {"group_norm", "to_q", "to_k", "to_v", "to_out"});
    const ModuleTree& out = child(module, "to_out");
    nothing_else(out, {"0"});
    Fields fields{module_field("group_norm", norm(child(module, "group_norm"), channels)),
                  module_field("to_out", linear(child(out, "0"), channels))};
    for (const char* name : {"to_q", "to_k", "to_v"})
      fields.push_back(module_field(name, linear(child(module, name), channels)));
    return script_.make("Attention", fields, kAttention);
  }

  torch::jit::Module mid(const ModuleTree& module, std::int64_t channels) {
    nothing_else(module, {"resnets", "attentions"});
    const ModuleTree &resnets = child(module, "resnets"), &attentions = child(module, "attentions");
    nothing_else(resnets, {"0", "1"});
    nothing_else(attentions, {"0"});
    return script_.make("MidBlock",
                        {module_field("resnet0", resnet(child(resnets, "0"), channels, channels)),
                         module_field("attention", attention(child(attentions, "0"), channels)),
                         module_field("resnet1", resnet(child(resnets, "1"), channels, channels))},
                        kMid);
  }

  torch::jit::Module upsampler(const ModuleTree& list, std::int64_t channels) {
    nothing_else(list, {"0"});
    nothing_else(child(list, "0"), {"conv"});
    return script_.make("Upsample",
                        {module_field("conv", conv(child(child(list, "0"), "conv"), channels, channels, 3))},
                        kUpsample);
  }

  // Layers of every resolution, one after the other.
  torch::jit::Module up_blocks(const ModuleTree& blocks) {
    const VaeLayout& layout = state_.layout;
    Fields layers;
    std::string body;
    const auto add = [&](const std::string& name, const torch::jit::Module& layer) {
      layers.push_back(module_field(name, layer));
      body += with_layer(kStackLayer, name);
    };
    weights_.parameters(blocks, {});
    std::int64_t channels = layout.channels.front();
    for (std::size_t level = 0; level < layout.channels.size(); ++level) {
      const std::string number = std::to_string(level);
      const ModuleTree& block = child(blocks, number.c_str());
      const bool is_last = level + 1 == layout.channels.size();
      nothing_else(block, is_last ? std::vector<std::string>{"resnets"}
                                  : std::vector<std::string>{"resnets", "upsamplers"});
      const ModuleTree& resnets = child(block, "resnets");
      weights_.parameters(resnets, {});
      for (std::int64_t i = 0; i < layout.resnets; ++i) {
        const std::string index = std::to_string(i);
        add("block" + number + "_resnet" + index,
            resnet(child(resnets, index.c_str()), channels, layout.channels[level]));
        channels = layout.channels[level];
      }
      if (!is_last) add("block" + number + "_upsampler", upsampler(child(block, "upsamplers"), channels));
    }
    return script_.make("UpBlocks", layers, kStackBegin + body + kStackEnd);
  }

  const VaeState& state_;
  Weights& weights_;
  ScriptBuilder script_;
};

}  // namespace

struct VaeDecoder::State {
  torch::jit::Module module;
  VaeInfo info;
  VaeLayout layout;
};

VaeDecoder VaeDecoder::open(const std::string& path) {
  const SharedFile file = map_file(path);
  BackgroundHash hash(file);
  const Checkpoint checkpoint = Checkpoint::open(file);
  if (!checkpoint.module_names().empty())
    throw Error(path, "expected a VAE's tensors, found a file of modules",
                "a network is given as --network; --vae is diffusion_pytorch_model.safetensors or .bin");
  const VaeState state = read_vae_state(checkpoint.state_dict(), path);
  VaeDecoder decoder;
  decoder.state_ = std::make_shared<State>();
  State& made = *decoder.state_;
  Weights weights(file);
  try {
    made.module = Builder(state, weights).build();
  } catch (const Error& error) {  // it names the module and knows no file
    throw Error(path, error.what());
  }
  made.layout = state.layout;
  made.info = {.latent_channels = state.layout.latent_channels,
               .image_channels = state.layout.image_channels,
               .upscale = state.layout.upscale(),
               .num_parameters = weights.num_parameters(),
               .sha256 = hash.get()};
  return decoder;
}

const VaeInfo& VaeDecoder::info() const { return state_->info; }

// Input, output and five more of the widest layer: a convolution on a CPU lays both out anew, and what goes
// by waits, or is laid out anew itself. Measured at 512x512: 1.9 GB an image, as this says.
double VaeDecoder::activation_bytes(std::int64_t latent_side) const {
  double widest = 0, side = static_cast<double>(latent_side);
  std::int64_t channels = state_->layout.channels.front();
  for (const std::int64_t out : state_->layout.channels) {
    widest = std::max(widest, static_cast<double>(std::max(channels, out)) * side * side);
    channels = out;
    if (&out != &state_->layout.channels.back()) side *= 2;
  }
  return 7 * sizeof(float) * widest;
}

void VaeDecoder::to(const Compute& compute) { state_->module.to(compute.device); }

at::Tensor VaeDecoder::decode(const at::Tensor& z) const {
  if (z.dim() != 4 || z.size(1) != state_->info.latent_channels)
    throw Error("VAE", "expected latents [N, " + std::to_string(state_->info.latent_channels) +
                           ", H, W], found " + shape_text(z.sizes().vec()));
  const at::NoGradGuard no_grad;
  const ComputeScope as_written({.optimize_scripts = false});
  return state_->module.forward({z}).toTensor();
}

}  // namespace gdd
