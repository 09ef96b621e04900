#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "detectors/backbone.h"
#include "detectors/transformer_weights.h"
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

constexpr std::size_t kShownOfValue = 40;  // bytes of a value that is wrong

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

// What a config.json says of the image side; null: there is none, or it is none of Hugging Face's.
nlohmann::json config_beside(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return nullptr;
  const MappedFile file(path.string());
  if (file.bytes().size() > limits::kMaxMetadata) return nullptr;
  auto config = nlohmann::json::parse(as_text(file.bytes()), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return nullptr;
  if (const auto vision = config.find("vision_config"); vision != config.end()) {
    auto own = std::move(*vision);  // a copy of what is nested deeply would take the whole stack
    config = std::move(own);
  }
  if (!config.is_object()) return nullptr;
  return config;
}

// Where it says nothing, Hugging Face's default counts, which is that of the networks that are known.
void check_config_activation(const Backbone& backbone, const nlohmann::json& config,
                             const std::string& path) {
  const auto found = config.find("hidden_act");
  if (found == config.end() || !found->is_string() || *found == backbone.config_activation) return;
  const bool clip = backbone.family == Family::kClip;
  throw Error(path,
              "expected " +
                  (clip ? std::string("CLIP with quick_gelu, OpenAI's activation")
                        : "DINOv2 with " + std::string(backbone.config_activation)) +
                  ", found " + gdd::quoted(found->get<std::string>()),
              clip ? kOtherClip : kOtherDino);
}

// Numbers in the class token, which every block has too.
std::int64_t width_in(const Backbone& backbone, const StateDict& state) {
  for (const auto& [name, view] : state)
    for (const WeightName& once : backbone.once)
      if (once.own == "class_token" && once.file == name) return view.numel();
  return 0;
}

void check_config_heads(std::int64_t width, const nlohmann::json& config, const std::string& path) {
  for (const char* key : {"num_attention_heads", "num_heads"}) {
    const auto found = config.find(key);
    if (found == config.end()) continue;
    const std::int64_t heads =
        found->is_number_integer() && *found >= 1 && *found <= width ? found->get<std::int64_t>() : 0;
    if (heads * kHeadWidth != width)
      throw Error(
          path, "expected " + std::to_string(width / kHeadWidth) + " as '" + key + "', heads of " +
                    std::to_string(kHeadWidth) + " in a width of " + std::to_string(width) + ", found " +
                    (found->is_structured() ? found->type_name() : printable(found->dump(), kShownOfValue)));
  }
}

}  // namespace

std::string check_beside(const Backbone& backbone, const StateDict& state, const Checkpoint& file) {
  if (backbone.archive_alone && file.format() != Checkpoint::Format::kTorchScript)
    throw Error(
        file.path(),
        "CLIP in OpenAI's names, but not OpenAI's archive: open_clip's networks have these names too, and "
        "mostly another activation, which the file does not tell",
        kOtherClip);
  if (!backbone.config_activation) return "";
  const std::filesystem::path path = std::filesystem::path(file.path()).replace_filename("config.json");
  const nlohmann::json config = config_beside(path);
  if (!config.is_null()) {
    check_config_activation(backbone, config, path.string());
    check_config_heads(width_in(backbone, state), config, path.string());
    return "";
  }
  return backbone.family == Family::kClip
             ? "its activation is taken to be quick_gelu, OpenAI's: no config.json beside it tells, and "
               "others' networks mostly have another"
             : "";
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
