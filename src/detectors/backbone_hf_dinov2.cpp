// Hugging Face's Dinov2Model and Dinov2WithRegistersModel (facebook/dinov2-base and its like):
// model.safetensors, pytorch_model.bin.
#include "detectors/backbone.h"

namespace gdd {
namespace {

constexpr WeightName kOnce[] = {
    {"embeddings.cls_token", "class_token"},
    {"embeddings.register_tokens", "registers", true},
    {"embeddings.position_embeddings", "positions"},
    {"embeddings.patch_embeddings.projection.weight", "patch.weight"},
    {"embeddings.patch_embeddings.projection.bias", "patch.bias"},
    {"layernorm.weight", "norm.weight"},
    {"layernorm.bias", "norm.bias"},
};

constexpr WeightName kInBlock[] = {
    {"norm1.weight", "norm1.weight"},
    {"norm1.bias", "norm1.bias"},
    {"attention.attention.query.weight", "q.weight"},
    {"attention.attention.query.bias", "q.bias"},
    {"attention.attention.key.weight", "k.weight"},
    {"attention.attention.key.bias", "k.bias"},
    {"attention.attention.value.weight", "v.weight"},
    {"attention.attention.value.bias", "v.bias"},
    {"attention.output.dense.weight", "out.weight"},
    {"attention.output.dense.bias", "out.bias"},
    {"layer_scale1.lambda1", "scale1"},
    {"norm2.weight", "norm2.weight"},
    {"norm2.bias", "norm2.bias"},
    {"mlp.fc1.weight", "up.weight"},
    {"mlp.fc1.bias", "up.bias"},
    {"mlp.fc2.weight", "down.weight"},
    {"mlp.fc2.bias", "down.bias"},
    {"layer_scale2.lambda1", "scale2"},
    // SwiGLU, in place of fc1 and fc2.
    {"mlp.weights_in.weight", "up.weight"},
    {"mlp.weights_in.bias", "up.bias"},
    {"mlp.weights_out.weight", "down.weight"},
    {"mlp.weights_out.bias", "down.bias"},
};

constexpr std::string_view kIgnored[] = {"embeddings.mask_token"};  // of training

}  // namespace

const Backbone kHuggingFaceDinov2 = {
    .source = "Hugging Face",
    .family = Family::kDinov2,
    .mark = "embeddings.cls_token",
    .blocks = "encoder.layer.",
    .once = kOnce,
    .in_block = kInBlock,
    .ignored = kIgnored,
    .epsilon = 1e-6,
    .resampling = Resampling::kPlain,
    .resampling_with_registers = Resampling::kAntialiased,
    .config_activation = "gelu",
};

}  // namespace gdd
