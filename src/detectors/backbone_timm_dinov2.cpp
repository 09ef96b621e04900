// timm's vit_*_patch14[_reg4]_dinov2.lvd142m: model.safetensors, pytorch_model.bin. Its names are facebook's
// but for the registers; where there are registers, no token but those of patches has a position
// (no_embed_class), and SwiGLU keeps the names fc1 and fc2.
#include "detectors/backbone.h"

namespace gdd {
namespace {

constexpr WeightName kOnce[] = {
    {"cls_token", "class_token"},
    {"reg_token", "registers", true},
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
};

}  // namespace

const Backbone kTimmDinov2 = {
    .source = "timm",
    .family = Family::kDinov2,
    .mark = "pos_embed",
    .blocks = "blocks.",
    .once = kOnce,
    .in_block = kInBlock,
    .ignored = {},
    .epsilon = 1e-6,
    .resampling = Resampling::kAntialiased,
    .resampling_with_registers = Resampling::kAntialiased,
    .class_position_with_registers = false,
};

}  // namespace gdd
