// facebookresearch/dinov2's dinov2_vit{s,b,l,g}14[_reg4]_pretrain.pth: a state dict. Its networks with
// registers are made with interpolate_antialias and without interpolate_offset (hub/backbones.py).
#include "detectors/backbone.h"

namespace gdd {
namespace {

constexpr WeightName kOnce[] = {
    {"cls_token", "class_token"},
    {"register_tokens", "registers", true},
    {"pos_embed", "positions"},
    {"patch_embed.proj.weight", "patch.weight"},
    {"patch_embed.proj.bias", "patch.bias"},
    {"norm.weight", "norm.weight"},
    {"norm.bias", "norm.bias"},
};

constexpr WeightName kInBlock[] = {
    {"norm1.weight", "norm1.weight"},
    {"norm1.bias", "norm1.bias"},
    {"attn.qkv.weight", "qkv.weight"},
    {"attn.qkv.bias", "qkv.bias"},
    {"attn.proj.weight", "out.weight"},
    {"attn.proj.bias", "out.bias"},
    {"ls1.gamma", "scale1"},
    {"norm2.weight", "norm2.weight"},
    {"norm2.bias", "norm2.bias"},
    {"mlp.fc1.weight", "up.weight"},
    {"mlp.fc1.bias", "up.bias"},
    {"mlp.fc2.weight", "down.weight"},
    {"mlp.fc2.bias", "down.bias"},
    {"ls2.gamma", "scale2"},
    // SwiGLU, in place of fc1 and fc2.
    {"mlp.w12.weight", "up.weight"},
    {"mlp.w12.bias", "up.bias"},
    {"mlp.w3.weight", "down.weight"},
    {"mlp.w3.bias", "down.bias"},
};

constexpr std::string_view kIgnored[] = {"mask_token"};  // of training

}  // namespace

const Backbone kFacebookDinov2 = {
    .source = "facebook's .pth",
    .family = Family::kDinov2,
    .mark = "mask_token",
    .blocks = "blocks.",
    .once = kOnce,
    .in_block = kInBlock,
    .ignored = kIgnored,
    .epsilon = 1e-6,
    .resampling = Resampling::kOffset,
    .resampling_with_registers = Resampling::kAntialiased,
};

}  // namespace gdd
