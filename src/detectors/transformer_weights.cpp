#include "detectors/transformer_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/printable.h"
#include "base/shape_text.h"
#include "detectors/tensor_copy.h"
#include "detectors/vision_transformer.h"
#include "detectors/weight_faults.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr const char* kRemedy =
    "give CLIP (OpenAI's ViT-B-32.pt, Hugging Face's clip-vit-base-patch32) or DINOv2 (facebook's .pth, "
    "Hugging "
    "Face's, timm's) as they are published";
constexpr std::int64_t kChannels = 3;
// Published networks whose heads are not 64 wide although 64 divides their width: ViT-so400m, H, g, bigG,
// and those of billions of weights.
constexpr std::int64_t kOtherHeads[] = {1152, 1280, 1408, 1664, 2688, 3072, 4096};

bool is_floating_point(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

// A tensor of the file under its own name.
struct Given {
  const std::string* file_name;
  const TensorView* view;
};

class WeightReader {
 public:
  WeightReader(const Backbone& backbone, const StateDict& state, const std::string& path)
      : backbone_(backbone), path_(path) {
    for (const auto& [name, view] : state) take(name, view);
  }

  TransformerSizes sizes() {
    TransformerSizes sizes;
    read_tokens(sizes);
    read_patches(sizes);
    read_blocks(sizes);
    sizes.features = has("head") || has("head.transposed") ? head_rows() : sizes.width;
    check(sizes);
    if (!faults_.none()) refuse(faults_.text());
    return sizes;
  }

  TransformerWeights weights() {
    TransformerWeights result{sizes(), {}};
    double elements = 0;
    for (const auto& [own, given] : given_) elements += static_cast<double>(given.view->numel());
    require_memory(path_, "its weights", elements * sizeof(float));
    for (const auto& [own, given] : given_) result.tensors[own] = copy(own, given);
    if (!faults_.none()) refuse(faults_.text());
    bring_to_one_form(result);
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw Error(path_,
                "not the " + std::string(family_name(backbone_.family)) + " that " + backbone_.source +
                    " publishes: " + problem,
                kRemedy);
  }

  static const WeightName* find(std::span<const WeightName> names, std::string_view file_name) {
    const auto found = std::ranges::find(names, file_name, &WeightName::file);
    return found == names.end() ? nullptr : &*found;
  }

  // A number of a block in front of `rest`, which becomes what stands behind it.
  static std::optional<std::int64_t> take_number(std::string_view& rest) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    const bool plain = digits == 1 || (digits > 1 && rest[0] != '0');
    if (error != std::errc() || !plain || number < 0 || digits >= rest.size() || rest[digits] != '.')
      return std::nullopt;
    rest.remove_prefix(digits + 1);
    return number;
  }

  void take(const std::string& name, const TensorView& view) {
    if (std::ranges::any_of(backbone_.ignored, [&](std::string_view mark) { return is_marked(name, mark); }))
      return;
    const std::string own = own_name(name);
    if (own.empty() || given_.contains(own)) {
      faults_.unknown.push_back(weight_name(name));
    } else {
      if (!is_floating_point(view.dtype))
        refuse("weight " + weight_name(name) + " is of " + dtype_name(view.dtype) + ", not floating point");
      given_.emplace(own, Given{&name, &view});
    }
  }

  // Empty: the layout has no such weight.
  std::string own_name(std::string_view name) {
    if (const WeightName* once = find(backbone_.once, name)) return std::string(once->own);
    if (!name.starts_with(backbone_.blocks)) return "";
    name.remove_prefix(backbone_.blocks.size());
    const std::optional<std::int64_t> number = take_number(name);
    const WeightName* in_block = number ? find(backbone_.in_block, name) : nullptr;
    if (!in_block) return "";
    if (*number >= limits::kMaxTransformerBlocks)
      refuse("more than " + std::to_string(limits::kMaxTransformerBlocks) + " blocks");
    blocks_ = std::max(blocks_, *number + 1);
    return std::to_string(*number) + "." + std::string(in_block->own);
  }

  bool has(const std::string& own) const { return given_.contains(own); }

  // The size of an axis of a weight that gives it; refused where the weight is not there or has other axes.
  std::int64_t size_of(const std::string& own, std::size_t dims, std::size_t axis) {
    const auto found = given_.find(own);
    if (found == given_.end()) {
      for (std::int64_t n = 0; n < std::max<std::int64_t>(blocks_, 1); ++n) find_missing(n);
      refuse(faults_.text());
    }
    const Shape shape = plain_shape(*found->second.view, dims);
    const std::int64_t size = shape.size() == dims ? shape[axis] : 0;
    if (size < 1) {
      faults_.misshapen.push_back(weight_name(*found->second.file_name) + " " +
                                  shape_text(found->second.view->shape));
      refuse(faults_.text());
    }
    return size;
  }

  // Without the axes of one element that tokens have in front.
  static Shape plain_shape(const TensorView& view, std::size_t dims) {
    Shape shape = view.shape;
    while (shape.size() > dims && shape.front() == 1) shape.erase(shape.begin());
    return shape;
  }

  void expect_at_most(std::int64_t size, std::int64_t most, const std::string& what) const {
    if (size > most) refuse(what + " of " + std::to_string(size) + ", more than " + std::to_string(most));
  }

  void read_tokens(TransformerSizes& sizes) {
    sizes.width = size_of("class_token", 1, 0);
    expect_at_most(sizes.width, limits::kMaxTransformerWidth, "a width");
    if (sizes.width % kHeadWidth != 0 || std::ranges::count(kOtherHeads, sizes.width) > 0)
      refuse("a width of " + std::to_string(sizes.width) + ", which is not of heads of 64");
    if (has("registers")) sizes.registers = size_of("registers", 2, 0);
    expect_at_most(sizes.registers, limits::kMaxTransformerRegisters, "a number of registers");
  }

  void read_patches(TransformerSizes& sizes) {
    sizes.patch = size_of("patch.weight", 4, 3);
    const std::int64_t positions = size_of("positions", 2, 0);
    expect_at_most(positions, limits::kMaxTransformerPositions, "a number of positions");
    sizes.class_position = backbone_.class_position_with_registers || sizes.registers == 0;
    const std::int64_t patches = positions - (sizes.class_position ? 1 : 0);
    sizes.grid = std::lrint(std::sqrt(static_cast<double>(patches)));
    if (sizes.grid < 1 || sizes.grid * sizes.grid != patches)
      refuse(std::to_string(positions) + " positions, which are no square of patches" +
             (sizes.class_position ? " and the class token" : ""));
    expect_at_most(sizes.patch * sizes.grid, limits::kMaxTransformerImage, "an image side");
    if (const std::int64_t image = transformer_image_size(backbone_, sizes); image % sizes.patch != 0) {
      const Given& patch = given_.at("patch.weight");
      refuse("weight " + weight_name(*patch.file_name) + " " + shape_text(patch.view->shape) +
             " is of patches that do not divide images of " + std::to_string(image) + " pixels a side");
    }
  }

  void read_blocks(TransformerSizes& sizes) {
    sizes.blocks = blocks_;
    sizes.hidden = size_of("0.down.weight", 2, 1);
    expect_at_most(sizes.hidden, 4 * limits::kMaxTransformerWidth, "a hidden layer");
    sizes.gated = may_be_gated() && size_of("0.up.weight", 2, 0) == 2 * sizes.hidden;
  }

  // CLIP has no SwiGLU; facebook's and Hugging Face's DINOv2 have it under names of its own, timm's has not.
  bool may_be_gated() const {
    const auto up = given_.find("0.up.weight");
    if (up == given_.end() || backbone_.family == Family::kClip) return false;
    const std::string& name = *up->second.file_name;
    return &backbone_ == &kTimmDinov2 || name.ends_with(".w12.weight") ||
           name.ends_with(".weights_in.weight");
  }

  std::int64_t head_rows() {
    const std::int64_t rows = has("head") ? size_of("head", 2, 0) : size_of("head.transposed", 2, 1);
    expect_at_most(rows, limits::kMaxTransformerWidth, "a head");
    return rows;
  }

  // By the names of the file: of several for one weight the first stands for all.
  void find_missing(std::int64_t block) {
    const auto look = [&](std::span<const WeightName> names, const std::string& own_prefix,
                          const std::string& file_prefix) {
      std::set<std::string_view> seen;
      for (const WeightName& name : names)
        if (!name.optional && seen.insert(name.own).second && !has(own_prefix + std::string(name.own)))
          faults_.missing.push_back(file_prefix + std::string(name.file));
    };
    if (block == 0) look(backbone_.once, "", "");
    const std::string number = std::to_string(block) + ".";
    look(backbone_.in_block, number, std::string(backbone_.blocks) + number);
  }

  static Shape expected_shape(const TransformerSizes& sizes, std::string_view own) {
    const std::int64_t d = sizes.width;
    if (own == "patch.weight") return {d, kChannels, sizes.patch, sizes.patch};
    if (own == "registers") return {sizes.registers, d};
    if (own == "positions") return {sizes.grid * sizes.grid + (sizes.class_position ? 1 : 0), d};
    if (own == "head") return {sizes.features, d};
    if (own == "head.transposed") return {d, sizes.features};
    if (const std::size_t dot = own.find('.'); dot != std::string_view::npos && own[0] <= '9')
      own.remove_prefix(dot + 1);
    const std::int64_t up = sizes.hidden * (sizes.gated ? 2 : 1);
    if (own == "qkv.weight") return {3 * d, d};
    if (own == "qkv.bias") return {3 * d};
    if (own == "up.weight") return {up, d};
    if (own == "up.bias") return {up};
    if (own == "down.weight") return {d, sizes.hidden};
    if (own == "q.weight" || own == "k.weight" || own == "v.weight" || own == "out.weight") return {d, d};
    return {d};  // norms, scales, tokens and the other biases
  }

  void check(const TransformerSizes& sizes) {
    for (std::int64_t n = 0; n < sizes.blocks; ++n) find_missing(n);
    for (const auto& [own, given] : given_) {
      const Shape expected = expected_shape(sizes, own);
      if (plain_shape(*given.view, expected.size()) != expected)
        faults_.misshapen.push_back(weight_name(*given.file_name) + " " + shape_text(given.view->shape) +
                                    ", not " + shape_text(expected));
    }
  }

  at::Tensor copy(const std::string& own, const Given& given) {
    at::Tensor tensor = copy_as_tensor(*given.view);
    if (!at::isfinite(tensor).all().item<bool>()) faults_.infinite.push_back(weight_name(*given.file_name));
    // Without leading axes, and what is one vector as a vector.
    const auto dims = static_cast<std::int64_t>(own == "positions" || own == "registers" ? 2
                                                : own == "class_token"                   ? 1
                                                                                         : tensor.dim());
    while (tensor.dim() > dims) tensor = tensor.squeeze(0);
    return tensor;
  }

  static void bring_to_one_form(TransformerWeights& weights) {
    auto& tensors = weights.tensors;
    if (const auto head = tensors.find("head.transposed"); head != tensors.end()) {
      tensors["head"] = head->second.t().contiguous();
      tensors.erase("head.transposed");
    }
    for (std::int64_t n = 0; n < weights.sizes.blocks; ++n) {
      const std::string block = std::to_string(n) + ".";
      if (!tensors.contains(block + "q.weight")) continue;
      for (const char* kind : {"weight", "bias"}) {
        std::vector<at::Tensor> thirds;
        for (const char* part : {"q.", "k.", "v."}) {
          thirds.push_back(tensors.at(block + part + kind));
          tensors.erase(block + part + kind);
        }
        tensors[block + "qkv." + kind] = at::cat(thirds);
      }
    }
  }

  const Backbone& backbone_;
  const std::string& path_;
  std::map<std::string, Given> given_;
  std::int64_t blocks_ = 0;
  WeightFaults faults_;
};

}  // namespace

TransformerSizes read_transformer_sizes(const Backbone& backbone, const StateDict& state,
                                        const std::string& path) {
  return WeightReader(backbone, state, path).sizes();
}

TransformerWeights read_transformer_weights(const Backbone& backbone, const StateDict& state,
                                            const std::string& path) {
  return WeightReader(backbone, state, path).weights();
}

}  // namespace gdd
