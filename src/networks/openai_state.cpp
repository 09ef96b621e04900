// OpenAI's consistency models (arXiv:2303.01469): the state dict of guided-diffusion's UNetModel, whose
// layers are those of DhariwalUNet under other names. Beside shapes one needs the image size and the width of
// a head.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/joined.h"
#include "base/limits.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "base/small_file.h"
#include "gdd/error.h"
#include "networks/dhariwal_state.h"
#include "networks/state_dict_tree.h"

namespace gdd {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostSide = 4096, kMostHeads = 1 << 16, kMostBlocks = 1000, kMostLevels = 12;
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

// The tensors of a file, each of which must find its place.
class Tensors {
 public:
  Tensors(const StateDict& tensors, const std::string& path) : path_(path) {
    for (const auto& [name, view] : tensors) views_.emplace(name, &view);
  }

  bool has(const std::string& name) const { return views_.contains(name); }
  const TensorView& take(const std::string& name) {
    const auto found = views_.find(name);
    if (found == views_.end())
      throw Error(path_, "expected a tensor " + gdd::quoted(name) + ", found none",
                  "the file is damaged or holds another network");
    const TensorView& view = *found->second;
    views_.erase(found);
    return view;
  }
  void expect_all_taken() const {
    if (!views_.empty())
      throw Error(path_,
                  "a tensor that the network has no place for: " + gdd::quoted(views_.begin()->first) +
                      " and " + std::to_string(views_.size() - 1) + " more",
                  "the file is damaged or holds another network");
  }
  const std::string& path() const { return path_; }

 private:
  std::map<std::string, const TensorView*> views_;
  const std::string& path_;
};

// A 1D convolution of width 1 as a 2D one.
TensorView as_convolution(TensorView view) {
  if (view.shape.size() == 3) {
    view.shape.push_back(1);
    view.strides.push_back(1);
  }
  return view;
}

// Rows of (3, heads, d) in the order (heads, d, 3). What has no such rows, a scalar for one, stays as it is,
// and the builder refuses it by its shape.
TensorView by_heads(TensorView view, std::int64_t heads) {
  const std::int64_t rows = size_of(&view, 0), each = rows / 3 / std::max<std::int64_t>(heads, 1);
  if (view.shape.empty() || rows < 1 || heads < 1 || rows != 3 * heads * each) return view;
  const std::int64_t stride = view.strides[0];
  view.counts_as = view.shape;
  view.shape.erase(view.shape.begin());
  view.strides.erase(view.strides.begin());
  view.shape.insert(view.shape.begin(), {heads, each, 3});
  view.strides.insert(view.strides.begin(), {each * stride, stride, heads * each * stride});
  return view;
}

// Names of UNetModel to those of DhariwalUNet.
class Renaming {
 public:
  Renaming(Tensors& from, const DhariwalFacts& facts, std::int64_t levels, std::int64_t blocks)
      : from_(from), facts_(facts), levels_(levels), blocks_(blocks) {}

  StateDict run() {
    both("time_embed.0", "map_layer0");
    both("time_embed.2", "map_layer1");
    if (from_.has("label_emb.weight")) label();
    encoder();
    block("middle_block.0", decoder_name(levels_ - 1, "in0"));
    attention("middle_block.1", decoder_name(levels_ - 1, "in0"));
    block("middle_block.2", decoder_name(levels_ - 1, "in1"));
    decoder();
    both("out.0", "out_norm");
    both("out.2", "out_conv");
    from_.expect_all_taken();
    return std::move(to_);
  }

 private:
  std::string side(std::int64_t level) const {
    const std::string text = std::to_string(facts_.resolution >> level);
    return text + "x" + text;
  }
  std::string encoder_name(std::int64_t level, const std::string& layer) const {
    return "enc." + side(level) + "_" + layer;
  }
  std::string decoder_name(std::int64_t level, const std::string& layer) const {
    return "dec." + side(level) + "_" + layer;
  }

  void add(const std::string& name, const TensorView& view) { to_.emplace_back("model." + name, view); }
  void both(const std::string& from, const std::string& to) {
    add(to + ".weight", from_.take(from + ".weight"));
    add(to + ".bias", from_.take(from + ".bias"));
  }

  // An embedding's rows are a linear map's columns.
  void label() {
    TensorView view = from_.take("label_emb.weight");
    std::reverse(view.shape.begin(), view.shape.end());
    std::reverse(view.strides.begin(), view.strides.end());
    add("map_label.weight", view);
  }

  void encoder() {
    both("input_blocks.0.0", encoder_name(0, "conv"));
    std::int64_t number = 1;
    for (std::int64_t level = 0; level < levels_; ++level) {
      if (level > 0) block("input_blocks." + std::to_string(number++) + ".0", encoder_name(level, "down"));
      for (std::int64_t i = 0; i < blocks_; ++i) {
        const std::string from = "input_blocks." + std::to_string(number++);
        const std::string to = encoder_name(level, "block" + std::to_string(i));
        block(from + ".0", to);
        if (is_attention(from + ".1")) attention(from + ".1", to);
      }
    }
  }

  void decoder() {
    std::int64_t number = 0;
    for (std::int64_t level = levels_ - 1; level >= 0; --level)
      for (std::int64_t i = 0; i <= blocks_; ++i) {
        const std::string from = "output_blocks." + std::to_string(number++);
        const std::string to = decoder_name(level, "block" + std::to_string(i));
        block(from + ".0", to);
        const bool attends = is_attention(from + ".1");
        if (attends) attention(from + ".1", to);
        if (level > 0 && i == blocks_) block(from + (attends ? ".2" : ".1"), decoder_name(level - 1, "up"));
      }
  }

  bool is_attention(const std::string& from) const { return from_.has(from + ".qkv.weight"); }

  void block(const std::string& from, const std::string& to) {
    both(from + ".in_layers.0", to + ".norm0");
    both(from + ".in_layers.2", to + ".conv0");
    both(from + ".emb_layers.1", to + ".affine");
    both(from + ".out_layers.0", to + ".norm1");
    both(from + ".out_layers.3", to + ".conv1");
    if (from_.has(from + ".skip_connection.weight")) both(from + ".skip_connection", to + ".skip");
  }

  void attention(const std::string& from, const std::string& to) {
    both(from + ".norm", to + ".norm2");
    const TensorView weight = as_convolution(from_.take(from + ".qkv.weight"));
    const std::int64_t channels = size_of(&weight, 1);
    const std::int64_t parts = facts_.heads > 0 ? facts_.heads : facts_.head_channels;
    if (channels % parts != 0)
      throw Error(from_.path(),
                  "the " + std::to_string(channels) + " channels of " + gdd::quoted(from) +
                      " are no multiple of " + std::to_string(parts),
                  "num_heads or num_head_channels is another");
    const std::int64_t heads = facts_.heads > 0 ? facts_.heads : channels / facts_.head_channels;
    add(to + ".qkv.weight", by_heads(weight, heads));
    add(to + ".qkv.bias", by_heads(from_.take(from + ".qkv.bias"), heads));
    add(to + ".proj.weight", as_convolution(from_.take(from + ".proj_out.weight")));
    add(to + ".proj.bias", from_.take(from + ".proj_out.bias"));
  }

  Tensors& from_;
  const DhariwalFacts& facts_;
  std::int64_t levels_, blocks_;
  StateDict to_;
};

// What NAME.json beside a file says, in guided-diffusion's names.
class Description {
 public:
  explicit Description(const std::string& path) {
    const std::filesystem::path beside = std::filesystem::path(path).replace_extension(".json");
    name_ = beside.filename().string();
    where_ = beside.string();
    const auto text = read_small_file(where_, limits::kMaxMetadata);
    if (!text) return;
    json_ = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!json_.is_object()) fail("a JSON object");
  }

  bool is_there() const { return json_.is_object(); }
  const std::string& name() const { return name_; }

  // -1, as guided-diffusion says "none", counts as absent.
  std::optional<std::int64_t> count(const char* key, std::int64_t most) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (!json_.is_object() || found == json_.end() || *found == -1) return std::nullopt;
    if (!found->is_number_integer() || *found < 1 || *found > most)
      fail("a whole number from 1 to " + std::to_string(most) + " as '" + key + "'");
    return found->get<std::int64_t>();
  }
  std::optional<double> number(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (!json_.is_object() || found == json_.end()) return std::nullopt;
    if (!found->is_number()) fail(std::string("a number as '") + key + "'");
    return found->get<double>();
  }
  std::optional<std::string> text(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (!json_.is_object() || found == json_.end()) return std::nullopt;
    if (!found->is_string()) fail(std::string("a text as '") + key + "'");
    return found->get<std::string>();
  }
  // Errors: the text is none of `known`; the key is there and says anything but false; it says another
  // number than `used`, by which the network is computed.
  void expect_one_of(const char* key, const std::string& text, const std::vector<std::string>& known) const {
    if (std::find(known.begin(), known.end(), text) == known.end())
      fail("one of " + joined(known) + " as '" + key + "', found " + gdd::quoted(text));
  }
  void refuse_true(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (json_.is_object() && found != json_.end() && *found != false)
      fail(std::string("false as '") + key + "', the one kind of network that is known");
  }
  void expect_if_said(const char* key, std::int64_t used) const {
    const auto said = count(key, kMostHeads);
    if (said && *said != used)
      fail("the same as 'num_heads' or -1 as '" + std::string(key) + "', found " + std::to_string(*said));
  }
  // Error: it says another number than the file's shapes.
  void expect(const char* key, std::int64_t by_shapes) const {
    const std::optional<std::int64_t> said = count(key, std::numeric_limits<std::int32_t>::max());
    if (said && *said != by_shapes)
      throw Error(where_,
                  "says " + std::string(key) + " " + std::to_string(*said) + ", the tensors say " +
                      std::to_string(by_shapes),
                  "it belongs to another file");
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw Error(where_, "expected " + expected, "it describes the network beside it");
  }

  std::string name_, where_;
  Json json_;
};

// Levels and blocks a level, from the blocks that are there.
struct Layout {
  std::int64_t levels = 1, blocks = 0;
};
Layout layout_of(const StateDict& tensors, const Tensors& names) {
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
std::string training_mode(const std::string& path, const Description& json, Assumptions& assumed,
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
double noise_level(const char* key, double usual, const Description& json, Guesses& guesses) {
  const auto said = json.number(key);
  if (!said) guesses.add(std::string(key) + "=" + exact_text(usual), "OpenAI's own");
  return said.value_or(usual);
}

// Sets the heads of every attention, or the channels of each.
void set_heads(const Description& json, Assumptions& assumed, DhariwalFacts& facts, Guesses& guesses) {
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
  const Description json(path);
  json.refuse_true("learn_sigma");
  Guesses guesses;
  Tensors names(tensors, path);
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
                     dhariwal_tree(Renaming(names, facts, layout.levels, layout.blocks).run(), facts), facts,
                     sigma_min, sigma_max);
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
