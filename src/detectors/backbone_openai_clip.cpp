// openai/CLIP's ViT-B-32.pt and its like: a TorchScript archive, of which only the tensors are read.
#include "detectors/backbone.h"

namespace gdd {
namespace {

constexpr WeightName kOnce[] = {
    {"visual.class_embedding", "class_token"}, {"visual.positional_embedding", "positions"},
    {"visual.conv1.weight", "patch.weight"},   {"visual.ln_pre.weight", "pre_norm.weight"},
    {"visual.ln_pre.bias", "pre_norm.bias"},   {"visual.ln_post.weight", "norm.weight"},
    {"visual.ln_post.bias", "norm.bias"},      {"visual.proj", "head.transposed"},
};

constexpr WeightName kInBlock[] = {
    {"ln_1.weight", "norm1.weight"},        {"ln_1.bias", "norm1.bias"},
    {"attn.in_proj_weight", "qkv.weight"},  {"attn.in_proj_bias", "qkv.bias"},
    {"attn.out_proj.weight", "out.weight"}, {"attn.out_proj.bias", "out.bias"},
    {"ln_2.weight", "norm2.weight"},        {"ln_2.bias", "norm2.bias"},
    {"mlp.c_fc.weight", "up.weight"},       {"mlp.c_fc.bias", "up.bias"},
    {"mlp.c_proj.weight", "down.weight"},   {"mlp.c_proj.bias", "down.bias"},
};

// The text side, and numbers that describe both.
constexpr std::string_view kIgnored[] = {
    "transformer.",     "token_embedding.weight",  "positional_embedding",
    "ln_final.",        "text_projection",         "logit_scale",
    "input_resolution", "context_length",          "vocab_size",
    "attn_mask",        "visual.input_resolution",
};

}  // namespace

const Backbone kOpenAiClip = {
    .source = "OpenAI's archive",
    .family = Family::kClip,
    .mark = "visual.class_embedding",
    .blocks = "visual.transformer.resblocks.",
    .once = kOnce,
    .in_block = kInBlock,
    .ignored = kIgnored,
    .epsilon = 1e-5,
    .resampling = Resampling::kPlain,
    .resampling_with_registers = Resampling::kPlain,
    .archive_alone = true,  // open_clip uses these names too, mostly for networks with plain GELU
};

}  // namespace gdd
