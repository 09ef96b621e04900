#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "networks/edm2_layers.h"
#include "networks/layer_stack.h"
#include "networks/layers_source.h"
#include "networks/unet_mapping.h"
#include "networks/unets.h"

namespace gdd {
namespace {

// A channel of ones is appended to the image: the only bias there is.
constexpr const char* kForward = R"(
def forward(self, x: Tensor, noise_labels: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor]) -> Tensor:
    emb = self.emb_noise.forward(self.emb_fourier.forward(noise_labels))
    emb = self.finish(torch.silu(self.add_label(emb, class_labels)).div_(0.596))
    x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    return self.out_conv.forward(self.dec.forward(self.enc.forward(x, emb), emb))
)";
constexpr const char* kFinish = R"(
def finish(self, emb: Tensor) -> Tensor:
    return emb
)";
constexpr const char* kFinishNormalised = R"(
def finish(self, emb: Tensor) -> Tensor:
    return self.normalise(emb, [1])
)";
constexpr const char* kLabel = R"(
def add_label(self, emb: Tensor, class_labels: Optional[Tensor]) -> Tensor:
    if class_labels is not None:
        label = self.emb_label.forward(class_labels * torch.sqrt(self.label_dim))
        emb = self.mp_sum(emb, label, self.label_balance)
    return emb
)";
constexpr const char* kNoLabel = R"(
def add_label(self, emb: Tensor, class_labels: Optional[Tensor]) -> Tensor:
    return emb
)";

constexpr const char* kEncoderBegin = R"(
def forward(self, x: Tensor, emb: Tensor) -> List[Tensor]:
    skips: List[Tensor] = []
)";
constexpr const char* kEncoderConv = R"(
    x = LAYER.forward(x)
    skips.append(x)
)";
constexpr const char* kEncoderBlock = R"(
    x = LAYER.forward(x, emb)
    skips.append(x)
)";
constexpr const char* kEncoderEnd = R"(
    return skips
)";
constexpr const char* kDecoderBegin = R"(
def forward(self, skips: List[Tensor], emb: Tensor) -> Tensor:
    x = skips[-1]
)";
constexpr const char* kDecoderBlock = R"(
    x = LAYER.forward(x, emb)
)";
constexpr const char* kDecoderBlockWithSkip = R"(
    x = LAYER.forward(self.mp_cat(x, skips.pop()), emb)
)";
constexpr const char* kDecoderEnd = R"(
    return x
)";
// Each part with the magnitude that its balance gives it, however many channels it has.
constexpr const char* kMpCat = R"(
def mp_cat(self, a: Tensor, b: Tensor) -> Tensor:
    t = self.concat_balance
    na, nb = a.size(1), b.size(1)
    c = torch.sqrt((na + nb) / ((1 - t) ** 2 + t ** 2))
    return torch.cat([c / torch.sqrt(na) * (1 - t) * a, c / torch.sqrt(nb) * t * b], 1)
)";

bool contains(const std::string& name, const char* part) { return name.find(part) != std::string::npos; }

class Stack {
 public:
  Stack(NetworkParts& parts, const Extent& image, std::int64_t emb_channels)
      : parts_(parts), x_(image), resolution_(image.side), emb_channels_(emb_channels) {}

  torch::jit::Module build_encoder(const ModuleTree& enc) {
    check_stack(enc, parts_);
    Fields fields;
    std::string body;
    for (const auto& [name, layer] : enc.children) {
      const bool is_conv = contains(name, "conv");
      fields.push_back(module_field(name, is_conv ? conv(layer) : block(layer, x_)));
      body += with_layer(is_conv ? kEncoderConv : kEncoderBlock, name);
      skips_.push_back(x_);
      skip_bytes_ += bytes_of(x_);
    }
    return parts_.script.make("Encoder", fields, kEncoderBegin + body + kEncoderEnd);
  }

  torch::jit::Module build_decoder(const ModuleTree& dec, double concat_balance) {
    check_stack(dec, parts_);
    Fields fields{float_field("concat_balance", concat_balance)};
    std::string body;
    for (const auto& [name, layer] : dec.children) {
      const bool takes_skip = contains(name, "block");
      fields.push_back(module_field(name, block(layer, takes_skip ? with_skip(layer) : x_)));
      body += with_layer(takes_skip ? kDecoderBlockWithSkip : kDecoderBlock, name);
    }
    if (!skips_.empty())
      throw Error(dec.path, "expected all skips to be used, " + std::to_string(skips_.size()) + " are left");
    if (x_.side != resolution_)
      throw Error(dec.path, "expected to end at resolution " + std::to_string(resolution_) + ", ends at " +
                                std::to_string(x_.side));
    return parts_.script.make("Decoder", fields, kDecoderBegin + body + kDecoderEnd + kMpCat);
  }

  std::int64_t out_channels() const { return x_.channels; }

 private:
  torch::jit::Module conv(const ModuleTree& layer) {
    const std::int64_t out = int_in_range(layer, "out_channels", 1, kMaxChannels);
    const torch::jit::Module built = build_mp_conv(layer, parts_, x_.channels, out, /*kernel=*/3);
    x_.channels = out;
    return built;
  }

  torch::jit::Module block(const ModuleTree& layer, const Extent& in) {
    const Edm2Block built = build_edm2_block(layer, parts_, in, emb_channels_, kMaxUp * resolution_);
    note_memory(in, built);
    x_ = built.out;
    return built.module;
  }

  Extent with_skip(const ModuleTree& layer) {
    if (skips_.empty()) throw Error(layer.path, "expected a skip from the encoder, all are used");
    const Extent skip = skips_.back();
    skips_.pop_back();
    expect_extent(layer, {skip.channels, x_.side}, skip);
    return {x_.channels + skip.channels, x_.side};
  }

  // As in unet_stack.cpp: input, output and two more between them; with attention its map and softmax.
  void note_memory(const Extent& in, const Edm2Block& built) {
    const double pixels = static_cast<double>(built.out.side) * static_cast<double>(built.out.side);
    const double bytes = 4 * std::max(bytes_of(in), bytes_of(built.out)) +
                         2 * sizeof(float) * static_cast<double>(built.num_heads) * pixels * pixels;
    parts_.activation_bytes = std::max(parts_.activation_bytes, bytes + skip_bytes_);
  }

  NetworkParts& parts_;
  Extent x_;
  std::int64_t resolution_, emb_channels_;
  std::vector<Extent> skips_;
  double skip_bytes_ = 0;
};

}  // namespace

torch::jit::Module build_edm2_unet(const ModuleTree& module, NetworkParts& parts,
                                   const UNetInterface& interface) {
  const bool has_labels = interface.label_dim > 0;
  std::vector<std::string> children{"emb_fourier", "emb_noise", "enc", "dec", "out_conv"};
  if (has_labels) children.push_back("emb_label");
  expect_children(module, children);
  const NoiseEmbedding fourier = build_mp_fourier(*module.child("emb_fourier"), parts);
  const ModuleTree& emb_noise = *module.child("emb_noise");
  const std::int64_t emb_channels = int_in_range(emb_noise, "out_channels", 1, kMaxChannels);
  Stack stack(parts, {interface.in_channels + 1, interface.resolution}, emb_channels);
  const bool normalises = module.get_bool("emb_norm", false);  // TCM's

  Fields fields{
      module_field("emb_fourier", fourier.module),
      module_field("emb_noise",
                   build_mp_conv(emb_noise, parts, fourier.channels, emb_channels, /*kernel=*/0)),
      module_field("enc", stack.build_encoder(*module.child("enc"))),
      module_field("dec", stack.build_decoder(*module.child("dec"), finite_number(module, "concat_balance"))),
      module_field("out_conv",
                   build_mp_conv(*module.child("out_conv"), parts, stack.out_channels(),
                                 interface.out_channels, /*kernel=*/3, gain_of(module, parts, "out_gain")))};
  std::string source = std::string(kForward) + source::kNormalise + source::kMpSum;
  source += normalises ? kFinishNormalised : kFinish;
  if (has_labels) {
    fields.push_back(module_field(
        "emb_label",
        build_mp_conv(*module.child("emb_label"), parts, interface.label_dim, emb_channels, /*kernel=*/0)));
    fields.push_back(int_field("label_dim", interface.label_dim));
    fields.push_back(float_field("label_balance", finite_number(module, "label_balance")));
  }
  source += has_labels ? kLabel : kNoLabel;
  return parts.script.make("UNet", fields, source);
}

}  // namespace gdd
