#include "networks/openai_names.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

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
  Renaming(UnplacedTensors& from, const DhariwalFacts& facts, std::int64_t levels, std::int64_t blocks)
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

  UnplacedTensors& from_;
  const DhariwalFacts& facts_;
  std::int64_t levels_, blocks_;
  StateDict to_;
};

}  // namespace

UnplacedTensors::UnplacedTensors(const StateDict& tensors, const std::string& path) : path_(path) {
  for (const auto& [name, view] : tensors) views_.emplace(name, &view);
}

const TensorView& UnplacedTensors::take(const std::string& name) {
  const auto found = views_.find(name);
  if (found == views_.end())
    throw Error(path_, "expected a tensor " + gdd::quoted(name) + ", found none",
                "the file is damaged or holds another network");
  const TensorView& view = *found->second;
  views_.erase(found);
  return view;
}

void UnplacedTensors::expect_all_taken() const {
  if (!views_.empty())
    throw Error(path_,
                "a tensor that the network has no place for: " + gdd::quoted(views_.begin()->first) +
                    " and " + std::to_string(views_.size() - 1) + " more",
                "the file is damaged or holds another network");
}

StateDict edm_names_of_openai(UnplacedTensors& tensors, const DhariwalFacts& facts, std::int64_t levels,
                              std::int64_t blocks) {
  return Renaming(tensors, facts, levels, blocks).run();
}

}  // namespace gdd
