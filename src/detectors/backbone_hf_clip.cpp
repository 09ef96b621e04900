// Hugging Face's CLIPModel and CLIPVisionModelWithProjection (openai/clip-vit-base-patch32 and its like):
// model.safetensors, pytorch_model.bin.
#include "detectors/backbone.h"

namespace gdd {
namespace {

constexpr WeightName kOnce[] = {
    {"vision_model.embeddings.class_embedding", "class_token"},
    {"vision_model.embeddings.position_embedding.weight", "positions"},
    {"vision_model.embeddings.patch_embedding.weight", "patch.weight"},
    {"vision_model.pre_layrnorm.weight", "pre_norm.weight"},  // its own spelling
    {"vision_model.pre_layrnorm.bias", "pre_norm.bias"},
    {"vision_model.post_layernorm.weight", "norm.weight"},
    {"vision_model.post_layernorm.bias", "norm.bias"},
    {"visual_projection.weight", "head"},
};

constexpr WeightName kInBlock[] = {
    {"layer_norm1.weight", "norm1.weight"},
    {"layer_norm1.bias", "norm1.bias"},
    {"self_attn.q_proj.weight", "q.weight"},
    {"self_attn.q_proj.bias", "q.bias"},
    {"self_attn.k_proj.weight", "k.weight"},
    {"self_attn.k_proj.bias", "k.bias"},
    {"self_attn.v_proj.weight", "v.weight"},
    {"self_attn.v_proj.bias", "v.bias"},
    {"self_attn.out_proj.weight", "out.weight"},
    {"self_attn.out_proj.bias", "out.bias"},
    {"layer_norm2.weight", "norm2.weight"},
    {"layer_norm2.bias", "norm2.bias"},
    {"mlp.fc1.weight", "up.weight"},
    {"mlp.fc1.bias", "up.bias"},
    {"mlp.fc2.weight", "down.weight"},
    {"mlp.fc2.bias", "down.bias"},
};

constexpr std::string_view kIgnored[] = {
    "text_model.",
    "text_projection.weight",
    "logit_scale",
    "vision_model.embeddings.position_ids",
};

}  // namespace

const Backbone kHuggingFaceClip = {
    .source = "Hugging Face",
    .family = Family::kClip,
    .mark = "vision_model.embeddings.class_embedding",
    .blocks = "vision_model.encoder.layers.",
    .once = kOnce,
    .in_block = kInBlock,
    .ignored = kIgnored,
    .epsilon = 1e-5,
    .resampling = Resampling::kPlain,
    .resampling_with_registers = Resampling::kPlain,
    .config_activation = "quick_gelu",
};

}  // namespace gdd
