#include "networks/unet_stack.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "networks/layer_stack.h"

namespace gdd {
namespace {

// What each kind of layer does, as TorchScript; LAYER stands for the layer itself. x is the image, aux the
// second branch of NCSN++'s encoder and of the 'skip' architectures.
constexpr const char* kEncoderBegin = R"(
def forward(self, x: Tensor, emb: Tensor) -> List[Tensor]:
    aux = x
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
constexpr const char* kAuxDown = R"(
    aux = LAYER.forward(aux)
)";
constexpr const char* kAuxSkip = R"(
    x = x + LAYER.forward(aux)
    skips[-1] = x
)";
constexpr const char* kAuxResidual = R"(
    aux = (x + LAYER.forward(aux)) / torch.sqrt(2)
    x = aux
    skips[-1] = x
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
    x = LAYER.forward(torch.cat([x, skips.pop()], 1), emb)
)";
constexpr const char* kAuxUp = R"(
    aux = LAYER.forward(aux)
)";
constexpr const char* kAuxNorm = R"(
    tmp = LAYER.forward(x)
)";
constexpr const char* kFirstAuxConv = R"(
    aux = LAYER.forward(torch.silu(tmp))
)";
constexpr const char* kAuxConv = R"(
    aux = LAYER.forward(torch.silu(tmp)) + aux
)";
constexpr const char* kReturnAux = R"(
    return aux
)";
constexpr const char* kReturnX = R"(
    return x
)";

// The side length behind `layer`, a Conv2d or a block, whose conv0 resamples; `most` bounds it.
std::int64_t side_behind(const ModuleTree& layer, std::int64_t side, std::int64_t most) {
  const ModuleTree* block_conv = layer.child("conv0");
  const ModuleTree& conv = block_conv ? *block_conv : layer;
  if (conv.get_bool("up", false)) return doubled(layer, side, most);
  return conv.get_bool("down", false) ? halved(layer, side) : side;
}

class StackBuilder {
 public:
  StackBuilder(NetworkParts& parts, Extent image, std::int64_t emb_channels)
      : parts_(parts), x_(image), aux_(image), resolution_(image.side), emb_channels_(emb_channels) {}

  torch::jit::Module build_encoder(const ModuleTree& enc);
  torch::jit::Module build_decoder(const ModuleTree& dec);
  std::int64_t out_channels() const { return has_output_ ? aux_.channels : x_.channels; }

 private:
  using BuildLayer = std::string (StackBuilder::*)(const std::string& name, const ModuleTree& layer);

  std::string stack_layers(const ModuleTree& stack, BuildLayer build);
  std::string encoder_layer(const std::string& name, const ModuleTree& layer);
  std::string decoder_layer(const std::string& name, const ModuleTree& layer);
  std::string encoder_aux(const std::string& name, const ModuleTree& layer);
  std::string decoder_aux(const std::string& name, const ModuleTree& layer);
  std::string decoder_block(const ModuleTree& layer);

  // Each builds the layer into fields_ and returns the extent behind it.
  // Notes the memory of one image in a layer, beside the skips that wait.
  void note_memory(const ModuleTree& layer, const Extent& in, const Extent& out);
  Extent conv(const ModuleTree& layer, const Extent& in, std::int64_t kernel);
  Extent block(const ModuleTree& layer, const Extent& in);

  NetworkParts& parts_;
  Extent x_, aux_;
  std::int64_t resolution_, emb_channels_;
  std::vector<Extent> skips_;
  double skip_bytes_ = 0;                       // of all skips of the encoder
  bool has_norm_ = false, has_output_ = false;  // tmp and aux of the decoder
  bool ends_in_output_ = false;                 // the newest aux_norm has been followed by its aux_conv
  torch::jit::Module built_;                    // the layer just built
  Fields fields_;
};

// Input, output, and two more between them: normalised, convolved; with attention its map and softmax.
void StackBuilder::note_memory(const ModuleTree& layer, const Extent& in, const Extent& out) {
  double bytes = 4 * std::max(bytes_of(in), bytes_of(out));
  const double pixels = static_cast<double>(out.side) * static_cast<double>(out.side);
  bytes += 2 * sizeof(float) * static_cast<double>(layer.get_int("num_heads", 0)) * pixels * pixels;
  parts_.activation_bytes = std::max(parts_.activation_bytes, bytes + skip_bytes_);
}

Extent StackBuilder::conv(const ModuleTree& layer, const Extent& in, std::int64_t kernel) {
  expect_class(layer, {"Conv2d"});
  const std::int64_t out = int_in_range(layer, "out_channels", 1, kMaxChannels);
  built_ = build_conv2d(layer, parts_, in.channels, kernel > 0 ? out : in.channels, kernel);
  const Extent behind{out, side_behind(layer, in.side, kMaxUp * resolution_)};
  note_memory(layer, in, behind);
  return behind;
}

Extent StackBuilder::block(const ModuleTree& layer, const Extent& in) {
  expect_class(layer, {"UNetBlock"});
  expect_extent(layer, {int_in_range(layer, "in_channels", 1, kMaxChannels), in.side}, in);
  built_ = build_block(layer, parts_, emb_channels_);
  const Extent behind{layer.get_int("out_channels"), side_behind(layer, in.side, kMaxUp * resolution_)};
  note_memory(layer, in, behind);
  return behind;
}

std::string StackBuilder::stack_layers(const ModuleTree& stack, BuildLayer build) {
  check_stack(stack, parts_);
  fields_.clear();
  std::string body;
  for (const auto& [name, layer] : stack.children) {
    const std::string lines = (this->*build)(name, layer);
    body += with_layer(lines, name);
    fields_.push_back(module_field(name, built_));
  }
  return body;
}

std::string StackBuilder::encoder_layer(const std::string& name, const ModuleTree& layer) {
  if (name.find("aux") != std::string::npos) return encoder_aux(name, layer);
  const bool is_conv = layer.class_name == "Conv2d";
  x_ = is_conv ? conv(layer, x_, /*kernel=*/3) : block(layer, x_);
  skips_.push_back(x_);
  skip_bytes_ += bytes_of(x_);
  return is_conv ? kEncoderConv : kEncoderBlock;
}

std::string StackBuilder::encoder_aux(const std::string& name, const ModuleTree& layer) {
  if (name.ends_with("aux_down")) {
    aux_ = conv(layer, aux_, /*kernel=*/0);
    return kAuxDown;
  }
  const bool residual = name.ends_with("aux_residual");
  if (!residual && !name.ends_with("aux_skip"))
    throw Error(layer.path,
                "expected aux_down, aux_skip or aux_residual in an encoder, found '" + name + "'");
  expect_extent(layer, x_, conv(layer, aux_, residual ? 3 : 1));
  if (skips_.empty()) throw Error(layer.path, "expected another layer before it");
  if (residual) aux_ = x_;
  return residual ? kAuxResidual : kAuxSkip;
}

std::string StackBuilder::decoder_layer(const std::string& name, const ModuleTree& layer) {
  return name.find("aux") != std::string::npos ? decoder_aux(name, layer) : decoder_block(layer);
}

std::string StackBuilder::decoder_block(const ModuleTree& layer) {
  // A block that takes more channels than there are takes the newest skip besides.
  if (layer.get_int("in_channels") == x_.channels) {
    x_ = block(layer, x_);
    return kDecoderBlock;
  }
  if (skips_.empty()) throw Error(layer.path, "expected a skip from the encoder, all are used");
  const Extent skip = skips_.back();
  skips_.pop_back();
  expect_extent(layer, {skip.channels, x_.side}, skip);
  x_ = block(layer, {x_.channels + skip.channels, x_.side});
  return kDecoderBlockWithSkip;
}

std::string StackBuilder::decoder_aux(const std::string& name, const ModuleTree& layer) {
  if (name.ends_with("aux_norm")) {
    built_ = build_group_norm(layer, parts_, x_.channels);
    has_norm_ = true;
    ends_in_output_ = false;
    return kAuxNorm;
  }
  if (name.ends_with("aux_up") && has_output_) {
    aux_ = conv(layer, aux_, /*kernel=*/0);
    return kAuxUp;
  }
  if (!name.ends_with("aux_conv") || !has_norm_)
    throw Error(layer.path,
                "expected aux_norm, aux_conv or aux_up, in this order, in a decoder, found '" + name + "'");
  const Extent out = conv(layer, x_, /*kernel=*/3);
  if (has_output_) expect_extent(layer, out, aux_);
  aux_ = out;
  ends_in_output_ = true;
  return std::exchange(has_output_, true) ? kAuxConv : kFirstAuxConv;
}

torch::jit::Module StackBuilder::build_encoder(const ModuleTree& enc) {
  const std::string body = stack_layers(enc, &StackBuilder::encoder_layer);
  return parts_.script.make("Encoder", fields_, kEncoderBegin + body + kEncoderEnd);
}

torch::jit::Module StackBuilder::build_decoder(const ModuleTree& dec) {
  const std::string body = stack_layers(dec, &StackBuilder::decoder_layer);
  if (!skips_.empty())
    throw Error(dec.path, "expected all skips to be used, " + std::to_string(skips_.size()) + " are left");
  if (has_norm_ && !ends_in_output_)
    throw Error(dec.path, "ends without the layer 'aux_conv'", "the file is damaged");
  const std::int64_t found = has_output_ ? aux_.side : x_.side;
  if (found != resolution_)
    throw Error(dec.path, "expected to end at resolution " + std::to_string(resolution_) + ", ends at " +
                              std::to_string(found));
  return parts_.script.make("Decoder", fields_, kDecoderBegin + body + (has_output_ ? kReturnAux : kReturnX));
}

}  // namespace

UNetStack build_unet_stack(const ModuleTree& module, NetworkParts& parts, std::int64_t in_channels,
                           std::int64_t resolution, std::int64_t emb_channels) {
  StackBuilder builder(parts, {in_channels, resolution}, emb_channels);
  UNetStack stack;
  stack.enc = builder.build_encoder(*module.child("enc"));
  stack.dec = builder.build_decoder(*module.child("dec"));
  stack.out_channels = builder.out_channels();
  return stack;
}

}  // namespace gdd
