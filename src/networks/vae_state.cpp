#include "networks/vae_state.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "networks/tree_places.h"

namespace gdd {
namespace {

constexpr const char* kRemedy =
    "give the decoder of stabilityai/sd-vae-ft-mse: diffusion_pytorch_model.safetensors or .bin";
constexpr const char* kDamaged = "the file is damaged or of another VAE";
constexpr std::int64_t kMaxChannels = 1 << 16;

// What only another network has, and which that is.
struct Impostor {
  std::string_view prefix;
  const char* what;
};
constexpr Impostor kImpostors[] = {
    {"quantize.", "a VQ model, whose latents are of a codebook"},
    {"decoder.layers.", "a tiny autoencoder (TAESD)"},
    {"model.diffusion_model.", "a whole checkpoint of Stable Diffusion"},
    {"first_stage_model.", "a whole checkpoint of Stable Diffusion"},
    {"time_embedding.", "a U-Net"},
    {"time_embed.", "a U-Net"},
    {"model.map_layer0.", "a denoising network (DMD2's), which --network takes"},
    {"text_model.", "a text encoder"},
    {"vision_model.", "an image encoder"},
};

constexpr std::string_view kLeftOut[] = {"encoder.", "quant_conv.", "loss.", "model_ema."};

struct Renaming {
  std::string_view was, is;
};
constexpr std::string_view kAttention = "decoder.mid_block.attentions.0.";
constexpr Renaming kCompVis[] = {{"decoder.mid.block_1.", "decoder.mid_block.resnets.0."},
                                 {"decoder.mid.block_2.", "decoder.mid_block.resnets.1."},
                                 {"decoder.mid.attn_1.", kAttention},
                                 {"decoder.norm_out.", "decoder.conv_norm_out."}};
// Behind kAttention; CompVis's, and diffusers' until 2023.
constexpr Renaming kAttentionNames[] = {
    {"norm.", "group_norm."},   {"q.", "to_q."},     {"k.", "to_k."},   {"v.", "to_v."},
    {"proj_out.", "to_out.0."}, {"query.", "to_q."}, {"key.", "to_k."}, {"value.", "to_v."},
    {"proj_attn.", "to_out.0."}};

template <std::size_t N>
bool begins_with_any(std::string_view name, const std::string_view (&prefixes)[N]) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

template <std::size_t N>
std::string renamed(std::string_view name, const Renaming (&rows)[N]) {
  for (const Renaming& row : rows)
    if (name.starts_with(row.was)) return std::string(row.is) + std::string(name.substr(row.was.size()));
  return std::string(name);
}

// "decoder.up.3.block.0.conv1.weight" by its parts; nothing if it is of another form.
struct CompVisUp {
  std::int64_t level = 0;
  std::string_view rest;  // "block.0.conv1.weight"
};
std::optional<CompVisUp> parse_up(std::string_view name) {
  constexpr std::string_view kPrefix = "decoder.up.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  CompVisUp up;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, up.level);
  if (error != std::errc() || stop == end || *stop != '.' || up.level < 0 ||
      up.level >= limits::kMaxVaeLevels)
    return std::nullopt;
  up.rest = name.substr(static_cast<std::size_t>(stop - name.data()) + 1);
  return up;
}

// CompVis counts levels from the image, diffusers from the latents.
std::string renamed_up(const CompVisUp& up, std::int64_t levels) {
  constexpr Renaming kParts[] = {{"block.", "resnets."}, {"upsample.", "upsamplers.0."}};
  std::string rest = renamed(up.rest, kParts);
  constexpr std::string_view kShortcut = ".nin_shortcut.";
  if (const std::size_t at = rest.find(kShortcut); at != std::string::npos)
    rest.replace(at, kShortcut.size(), ".conv_shortcut.");
  return "decoder.up_blocks." + std::to_string(levels - 1 - up.level) + "." + rest;
}

// The class that messages name.
std::string class_of(std::string_view name, std::string_view parent) {
  if (name.find_first_not_of("0123456789") == std::string_view::npos)
    return parent == "resnets"      ? "ResnetBlock2D"
           : parent == "attentions" ? "Attention"
           : parent == "upsamplers" ? "Upsample2D"
           : parent == "to_out"     ? "Linear"
                                    : "UpDecoderBlock2D";
  if (name == "decoder") return "Decoder";
  if (name == "mid_block") return "UNetMidBlock2D";
  if (name.find("norm") != std::string_view::npos) return "GroupNorm";
  if (name.find("conv") != std::string_view::npos) return "Conv2d";
  return name == "to_q" || name == "to_k" || name == "to_v" ? "Linear" : "ModuleList";
}

// A 1x1 convolution as the linear map that it is.
TensorView as_linear(TensorView view) {
  const std::vector<std::int64_t>& shape = view.shape;
  if (shape.size() > 2 && std::all_of(shape.begin() + 2, shape.end(), [](auto size) { return size == 1; }))
    view.counts_as = {shape[0], shape[1]};
  return view;
}

// Names the classes of what is in a module, and takes linear maps for what they are.
void name_children(ModuleTree& parent, std::string_view name) {
  for (auto& [key, child] : parent.children) {
    child.class_name = class_of(key, name);
    if (child.class_name == "Linear")
      for (auto& [tensor, view] : child.parameters) view = as_linear(*view);
    name_children(child, key);
  }
}

class Reader {
 public:
  Reader(const StateDict& tensors, const std::string& path) : tensors_(tensors), path_(path) {}

  VaeState read() {
    refuse_others();
    for (const auto& [name, view] : tensors_)
      if (const auto up = parse_up(name)) levels_ = std::max(levels_, up->level + 1);
    for (const auto& [name, view] : tensors_)
      if (!begins_with_any(name, kLeftOut)) place(name, view);
    name_children(state_.tree, "");
    read_layout();
    state_.tree.class_name = "AutoencoderKL";
    state_.tree.path = "the VAE";
    return std::move(state_);
  }

 private:
  [[noreturn]] void fail(const std::string& problem, const char* remedy = kDamaged) const {
    throw Error(path_, problem, remedy);
  }

  void refuse_others() const {
    for (const auto& [name, view] : tensors_) {
      const auto found = std::ranges::find_if(
          kImpostors, [&, &key = name](const Impostor& row) { return key.starts_with(row.prefix); });
      if (found != std::end(kImpostors))
        fail(std::string("expected a VAE, found ") + found->what + ": it has " + gdd::quoted(name), kRemedy);
    }
    if (!is_vae_state(tensors_))
      fail(tensors_.empty()
               ? "expected a VAE, found no tensors"
               : "expected a VAE, with a tensor 'decoder.conv_in.weight', found none; the file begins "
                 "with " +
                     gdd::quoted(tensors_.front().first),
           kRemedy);
  }

  std::string diffusers_name(const std::string& name) const {
    if (const auto up = parse_up(name)) return renamed_up(*up, levels_);
    const std::string known = renamed(name, kCompVis);
    if (!known.starts_with(kAttention)) return known;
    return std::string(kAttention) +
           renamed(std::string_view(known).substr(kAttention.size()), kAttentionNames);
  }

  void place(const std::string& name, const TensorView& view) {
    if (name.size() > limits::kMaxTensorName)
      fail("expected names of tensors of at most " + std::to_string(limits::kMaxTensorName) +
           " bytes, found " + std::to_string(name.size()));
    const std::string known = diffusers_name(name);
    if (placed_.size() == limits::kMaxVaeTensors)
      fail("expected at most " + std::to_string(limits::kMaxVaeTensors) + " tensors of a decoder");
    if (!placed_.insert(known).second) fail("two tensors that are " + gdd::quoted(known));
    const auto [module, last] = place_of(state_.tree, known);
    if (!module) fail(gdd::quoted(name) + " is no name of a VAE's tensor");
    module->parameters.emplace_back(last, view);
  }

  const ModuleTree& part(const ModuleTree& module, const char* name) const {
    const ModuleTree* child = module.child(name);
    if (!child)
      fail("expected tensors of " + (module.path.empty() ? "" : module.path + ".") + name + ", found none");
    return *child;
  }

  // A dimension of a weight that tells the layout.
  std::int64_t size(const ModuleTree& module, std::size_t dimension, std::int64_t most) const {
    const TensorView* weight = module.parameter("weight");
    if (!weight) fail("expected a tensor " + module.path + ".weight, found none");
    const std::int64_t found = dimension < weight->shape.size() ? weight->shape[dimension] : 0;
    if (found < 1 || found > most)
      fail(module.path + ".weight: expected 1 to " + std::to_string(most) + " channels, found " +
           std::to_string(found));
    return found;
  }

  // Children "0" to "n-1", of which there must be at least one.
  std::int64_t count(const ModuleTree& list, std::int64_t most) const {
    const std::int64_t found = std::ssize(list.children);
    if (found < 1 || found > most)
      fail(list.path + ": expected 1 to " + std::to_string(most) + " of them, found " +
           std::to_string(found));
    for (std::int64_t i = 0; i < found; ++i) part(list, std::to_string(i).c_str());
    return found;
  }

  void read_layout() {
    VaeLayout& layout = state_.layout;
    const ModuleTree& decoder = part(state_.tree, "decoder");
    layout.latent_channels = size(part(decoder, "conv_in"), 1, limits::kMaxLatentChannels);
    if (!state_.tree.child("post_quant_conv"))
      fail("expected a tensor post_quant_conv.weight, found none: a VAE of " +
               std::to_string(layout.latent_channels) + " latent channels without it, as Flux's and SD3's",
           kRemedy);
    layout.image_channels = size(part(decoder, "conv_out"), 0, limits::kMaxLatentChannels);
    const ModuleTree& blocks = part(decoder, "up_blocks");
    const std::int64_t levels = count(blocks, limits::kMaxVaeLevels);
    for (std::int64_t i = 0; i < levels; ++i)
      read_block(part(blocks, std::to_string(i).c_str()), /*is_last=*/i + 1 == levels);
  }

  void read_block(const ModuleTree& block, bool is_last) {
    VaeLayout& layout = state_.layout;
    const ModuleTree& resnets = part(block, "resnets");
    const std::int64_t found = count(resnets, limits::kMaxVaeResnets);
    if (layout.channels.empty()) layout.resnets = found;
    if (found != layout.resnets)
      fail(block.path + ": expected " + std::to_string(layout.resnets) + " resnets, as in the first, found " +
           std::to_string(found));
    const std::int64_t channels = size(part(part(resnets, "0"), "conv1"), 0, kMaxChannels);
    if (channels % kVaeNormGroups != 0)
      fail(block.path + ": expected a multiple of " + std::to_string(kVaeNormGroups) +
           " channels, which are normalised in so many groups, found " + std::to_string(channels));
    layout.channels.push_back(channels);
    if (is_last && block.child("upsamplers"))
      fail(block.path + ": expected the last resolution to have no upsampler");
    if (!is_last) part(block, "upsamplers");
  }

  const StateDict& tensors_;
  const std::string& path_;
  std::int64_t levels_ = 0;  // of CompVis's names
  std::set<std::string> placed_;
  VaeState state_;
};

}  // namespace

bool is_vae_state(const StateDict& tensors) {
  return std::ranges::any_of(tensors,
                             [](const auto& row) { return row.first == "decoder.conv_in.weight"; }) &&
         std::ranges::any_of(tensors, [](const auto& row) { return row.first == "decoder.conv_out.weight"; });
}

VaeState read_vae_state(const StateDict& tensors, const std::string& path) {
  return Reader(tensors, path).read();
}

}  // namespace gdd
