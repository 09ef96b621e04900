#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "detectors/backbone.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// facebook's and timm's DINOv2 share their names: facebook's has one more, and comes first.
constexpr const Backbone* kBackbones[] = {&kOpenAiClip, &kHuggingFaceClip, &kHuggingFaceDinov2,
                                          &kFacebookDinov2, &kTimmDinov2};

// What has names of the family and none of the networks above.
struct Stranger {
  std::string_view mark;
  const char* found;
  const char* remedy;
};

constexpr const char* kOtherClip =
    "give CLIP with its image side: ViT-B-32.pt, or Hugging Face's clip-vit-base-patch32";
constexpr const char* kOtherDino =
    "give DINOv2: facebook's dinov2_vitl14_pretrain.pth, or Hugging Face's or timm's";

constexpr Stranger kStrangers[] = {
    {"storage_tokens", "DINOv3 (storage_tokens)", kOtherDino},
    {"rope_embed.", "DINOv3 (rotary positions)", kOtherDino},
    {"rope_embeddings.", "DINOv3 (rotary positions)", kOtherDino},
    {"visual.attnpool.", "CLIP with a ResNet as its image side", kOtherClip},
    {"vision_model.head.", "SigLIP", kOtherClip},
    {"logit_bias", "SigLIP", kOtherClip},
    {"text_model.", "CLIP's text side alone", kOtherClip},
    {"token_embedding.weight", "CLIP's text side alone", kOtherClip},
};

bool has(const StateDict& state, std::string_view mark) {
  return std::ranges::any_of(state, [&](const auto& entry) { return is_marked(entry.first, mark); });
}

// Hugging Face and timm leave DINOv3's rotary positions out of their files: what tells it is that there are
// no others.
bool is_dinov3_without_positions(const StateDict& state) {
  const bool hugging_face = has(state, "embeddings.register_tokens") && has(state, "layer.");
  const bool timm = has(state, "reg_token") && has(state, "cls_token");
  return (hugging_face && !has(state, "embeddings.position_embeddings")) ||
         (timm && !has(state, "pos_embed"));
}

constexpr const char* kActivation = "quick_gelu";

// What a config.json says of the image side's activation; empty: nothing, so that Hugging Face's default
// counts, which is CLIP's.
std::string activation_in(const std::string& path) {
  const MappedFile file(path);
  if (file.bytes().size() > limits::kMaxMetadata) return "";
  const auto config = nlohmann::json::parse(as_text(file.bytes()), nullptr, /*allow_exceptions=*/false);
  const auto vision = config.is_object() ? config.find("vision_config") : config.end();
  const auto& own = config.is_object() && vision != config.end() ? *vision : config;
  if (!own.is_object() || !own.contains("hidden_act") || !own.at("hidden_act").is_string()) return "";
  return own.at("hidden_act").get<std::string>();
}

}  // namespace

void check_activation(const Backbone& backbone, const Checkpoint& file) {
  if (backbone.archive_alone && file.format() != Checkpoint::Format::kTorchScript)
    throw Error(
        file.path(),
        "CLIP in OpenAI's names, but not OpenAI's archive: open_clip's networks have these names too, and "
        "mostly another activation, which the file does not tell",
        kOtherClip);
  if (!backbone.has_config) return;
  const std::filesystem::path config = std::filesystem::path(file.path()).replace_filename("config.json");
  std::error_code error;
  if (!std::filesystem::is_regular_file(config, error)) return;
  if (const std::string found = activation_in(config.string()); !found.empty() && found != kActivation)
    throw Error(config.string(),
                "expected CLIP with quick_gelu, OpenAI's activation, found " + gdd::quoted(found),
                kOtherClip);
}

std::span<const Backbone* const> all_backbones() { return kBackbones; }

const Backbone* find_backbone(const StateDict& state, const std::string& path) {
  const auto refuse = [&](const std::string& found, const char* remedy) {
    throw Error(path, "expected a detector, found " + found, remedy);
  };
  const bool is_image_side = has(state, kOpenAiClip.mark) || has(state, kHuggingFaceClip.mark);
  for (const Stranger& stranger : kStrangers)
    if (!is_image_side && has(state, stranger.mark)) refuse(stranger.found, stranger.remedy);
  if (is_dinov3_without_positions(state)) refuse("DINOv3 (no learned positions)", kOtherDino);
  for (const Backbone* backbone : kBackbones)
    if (has(state, backbone->mark)) return backbone;
  return nullptr;
}

}  // namespace gdd
