// OpenAI's consistency models (arXiv:2303.01469): the state dict of guided-diffusion's UNetModel, whose
// layers are those of DhariwalUNet under other names. Beside shapes one needs the image size and the width of
// a head.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/number_text.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "networks/dhariwal_state.h"
#include "networks/openai_description.h"
#include "networks/openai_names.h"
#include "networks/state_dict_tree.h"

namespace gdd {
namespace {

constexpr std::int64_t kMostSide = 4096, kMostBlocks = 1000, kMostLevels = 12;
constexpr const char* kTrainingMode = "training_mode";
constexpr std::int64_t kHeadChannels = 64;           // of every published file
constexpr double kSigmaMin = 0.002, kSigmaMax = 80;  // script_util.py

// script_util.py: which image size has which multiples of the channels.
struct SizeByChannels {
  std::vector<double> multiples;
  std::int64_t side;
};
const std::vector<SizeByChannels>& sizes() {
  static const std::vector<SizeByChannels> kSizes{
      {{1, 2, 3, 4}, 64}, {{1, 1, 2, 3, 4}, 128}, {{1, 1, 2, 2, 4, 4}, 256}, {{0.5, 1, 1, 2, 2, 4, 4}, 512}};
  return kSizes;
}

// Levels and blocks a level, from the blocks that are there.
struct Layout {
  std::int64_t levels = 1, blocks = 0;
};
Layout layout_of(const StateDict& tensors, const UnplacedTensors& names) {
  Layout layout;
  std::int64_t outputs = 0;
  while (outputs < kMostBlocks &&
         names.has("output_blocks." + std::to_string(outputs) + ".0.in_layers.0.weight"))
    ++outputs;
  // The last block of a level but the finest holds a second one, which doubles the side.
  for (std::int64_t i = 0; i < outputs; ++i)
    for (const char* place : {".1", ".2"})
      if (names.has("output_blocks." + std::to_string(i) + place + ".in_layers.0.weight")) ++layout.levels;
  if (outputs == 0 || outputs % layout.levels != 0)
    throw Error(names.path(),
                "its " + std::to_string(outputs) + " output blocks are no whole number for each of " +
                    std::to_string(layout.levels) + " levels",
                find_tensor(tensors, "input_blocks.3.0.op.weight")
                    ? "networks without resblock_updown are not known"
                    : "the file is damaged or holds another network");
  layout.blocks = outputs / layout.levels - 1;
  return layout;
}

// Channels of each level in multiples of the first layer's own measure.
std::vector<double> multiples(const StateDict& tensors, const Layout& layout) {
  const std::int64_t base = size_of(find_tensor(tensors, "time_embed.0.weight"), 1);
  std::vector<double> result;
  for (std::int64_t level = 0; level < layout.levels; ++level) {
    const std::int64_t number = (layout.levels - level) * (layout.blocks + 1) - 1;
    const std::string name = "output_blocks." + std::to_string(number) + ".0.out_layers.0.weight";
    result.push_back(static_cast<double>(size_of(find_tensor(tensors, name), 0)) /
                     static_cast<double>(std::max<std::int64_t>(base, 1)));
  }
  return result;
}

std::optional<std::int64_t> usual_side(const std::vector<double>& channel_multiples) {
  for (const SizeByChannels& row : sizes())
    if (row.multiples == channel_multiples) return row.side;
  return std::nullopt;
}

// What no tensor tells and nobody said, in one line for the user.
class Guesses {
 public:
  void add(const std::string& what, const std::string& where_from) {
    text_ += (text_.empty() ? "" : ", ") + what + " (" + where_from + ")";
  }
  void tell(const std::string& path, const std::string& json, std::vector<std::string>& warnings) const {
    if (!text_.empty())
      warnings.push_back(path + ": guessed, as no tensor tells it: " + text_ + "; " + json +
                         " beside it or --assume KEY=VALUE says otherwise");
  }

 private:
  std::string text_;
};

// A pupil has the same shapes as its teacher, "edm_imagenet64_ema.pt", and other formulas.
std::string training_mode(const std::string& path, const OpenAIDescription& json, Assumptions& assumed,
                          Guesses& guesses) {
  if (const auto given = assumed.take(kTrainingMode)) return *given;
  if (const auto said = json.text(kTrainingMode)) {
    json.expect_one_of(kTrainingMode, *said, training_modes());
    return *said;
  }
  const std::string file = std::filesystem::path(path).filename().string();
  struct Prefix {
    const char *text, *mode;
  };
  for (const Prefix& row : {Prefix{"cd_", "consistency_distillation"}, Prefix{"ct_", "consistency_training"},
                            Prefix{"edm_", "edm"}})
    if (file.starts_with(row.text)) {
      guesses.add(std::string(kTrainingMode) + "=" + row.mode, "by the name of the file");
      return row.mode;
    }
  if (!json.is_there())
    throw Error(
        path,
        "nothing tells whether it is a consistency model or the EDM network that was its teacher: its "
        "name begins with none of cd_, ct_, edm_",
        "give --assume training_mode=consistency_distillation, consistency_training or edm, or " +
            json.name() + " beside it");
  guesses.add("training_mode=consistency_distillation", json.name() + " names none");
  return "consistency_distillation";
}

// Of sigma_min and sigma_max, which no network of theirs holds.
double noise_level(const char* key, double usual, const OpenAIDescription& json, Guesses& guesses) {
  const auto said = json.number(key);
  if (!said) guesses.add(std::string(key) + "=" + exact_text(usual), "OpenAI's own");
  return said.value_or(usual);
}

// Sets the heads of every attention, or the channels of each.
void set_heads(const OpenAIDescription& json, Assumptions& assumed, DhariwalFacts& facts, Guesses& guesses) {
  const auto head_channels = assumed.take_count("num_head_channels", kMostHeads);
  const auto heads = assumed.take_count("num_heads", kMostHeads);
  const auto said = json.count("num_head_channels", kMostHeads),
             heads_said = json.count("num_heads", kMostHeads);
  facts.head_channels = head_channels.value_or(said.value_or(kHeadChannels));
  if (!head_channels && heads) facts.heads = *heads;
  if (!head_channels && !heads && !said) facts.heads = heads_said.value_or(0);
  if (!head_channels && !said && facts.heads == 0)
    guesses.add("num_head_channels=" + std::to_string(kHeadChannels), "of every published file");
  if (!head_channels && !said) json.expect_if_said("num_heads_upsample", facts.heads);
}

}  // namespace

bool is_openai_state(const StateDict& tensors) {
  return find_tensor(tensors, "time_embed.0.weight") && find_tensor(tensors, "input_blocks.0.0.weight") &&
         find_tensor(tensors, "out.2.weight");
}

StateDictTree tree_of_openai_state(const StateDict& tensors, const std::string& path, Assumptions& assumed) {
  const OpenAIDescription json(path);
  json.refuse_true("learn_sigma");
  Guesses guesses;
  UnplacedTensors names(tensors, path);
  const Layout layout = layout_of(tensors, names);
  const std::int64_t out = size_of(find_tensor(tensors, "out.2.weight"), 0),
                     in = size_of(find_tensor(tensors, "input_blocks.0.0.weight"), 1);
  if (out == 2 * in)
    throw Error(path,
                "its output has " + std::to_string(out) + " channels for images of " + std::to_string(in) +
                    ": a network that learns sigma, guided-diffusion's and no consistency model",
                "no network of that kind is known");
  json.expect("num_channels", size_of(find_tensor(tensors, "time_embed.0.weight"), 1));
  json.expect("num_res_blocks", layout.blocks);
  if (const TensorView* label = find_tensor(tensors, "label_emb.weight"))
    json.expect("num_classes", size_of(label, 0));

  DhariwalFacts facts;
  facts.least_group_channels = 1;  // 32 groups in every norm
  facts.as_openai = true;
  std::optional<std::int64_t> side = assumed.take_count("image_size", kMostSide);
  if (!side) side = json.count("image_size", kMostSide);
  if (!side && (side = usual_side(multiples(tensors, layout))))
    guesses.add("image_size=" + std::to_string(*side), "by its channels");
  if (!side)
    throw Error(path,
                "the image size is in no tensor of it, and its channels are none of the published networks'",
                "give --assume image_size=N, or " + json.name() + " beside it");
  facts.resolution = *side;
  if (layout.levels > kMostLevels || facts.resolution >> (layout.levels - 1) == 0)
    throw Error(path,
                "an image of " + std::to_string(*side) + " a side cannot be halved for each of its " +
                    std::to_string(layout.levels) + " levels",
                "image_size is another, or the file is damaged");

  set_heads(json, assumed, facts, guesses);
  const std::string mode = training_mode(path, json, assumed, guesses);
  const double sigma_min = noise_level("sigma_min", kSigmaMin, json, guesses),
               sigma_max = noise_level("sigma_max", kSigmaMax, json, guesses);

  StateDictTree result;
  try {
    result.tree =
        precond_tree("KarrasDenoiser", mode == "edm" ? "edm" : "consistency",
                     dhariwal_tree(edm_names_of_openai(names, facts, layout.levels, layout.blocks), facts),
                     facts, sigma_min, sigma_max);
  } catch (const Error& error) {
    throw std::string(error.what()).starts_with(path) ? error : Error(path, error.what());
  }
  result.family = result.tree.class_name;
  result.assumed = "image_size=" + std::to_string(facts.resolution) +
                   (facts.heads > 0 ? " num_heads=" + std::to_string(facts.heads)
                                    : " num_head_channels=" + std::to_string(facts.head_channels)) +
                   " training_mode=" + mode + " sigma_min=" + exact_text(sigma_min) +
                   " sigma_max=" + exact_text(sigma_max);
  guesses.tell(path, json.name(), result.warnings);
  return result;
}

}  // namespace gdd
