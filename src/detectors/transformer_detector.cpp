#include "detectors/transformer_detector.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "base/memory_budget.h"
#include "detectors/batch_preparation.h"
#include "detectors/vision_transformer.h"

namespace gdd {
namespace {

struct NamedSizes {
  char letter;
  std::int64_t width, blocks;
};

constexpr NamedSizes kNamed[] = {{'s', 384, 12}, {'b', 768, 12}, {'l', 1024, 24}, {'g', 1536, 40}};

constexpr std::int64_t kUsualImage = 224;

// Of an image: the tokens as float32, normalised, their queries, keys, values and what was attended to; the
// hidden layer; in bfloat16 the scores of all pairs of tokens before and after softmax.
double activations(const TransformerSizes& sizes, std::int64_t image_size) {
  constexpr double kScores = 2 * sizeof(std::uint16_t);
  const double side = static_cast<double>(image_size) / static_cast<double>(sizes.patch);
  const double tokens = side * side + 1 + static_cast<double>(sizes.registers);
  const auto width = static_cast<double>(sizes.width);
  const double hidden = static_cast<double>(sizes.hidden) * (sizes.gated ? 2 : 1);
  return tokens * (8 * width + 2 * hidden) * sizeof(float) + tokens * tokens * (width / kHeadWidth) * kScores;
}

class TransformerDetector final : public Detector {
 public:
  TransformerDetector(std::string sha256, const Backbone& backbone, const TransformerWeights& weights,
                      std::string doubt)
      : sha256_(std::move(sha256)),
        doubt_(std::move(doubt)),
        backbone_(backbone),
        sizes_(weights.sizes),
        network_(backbone, weights) {}

  std::int64_t feature_dim() const override { return network_.features(); }
  Family family() const override { return backbone_.family; }
  std::string name() const override { return transformer_name(backbone_, sizes_); }
  std::string weights_sha256() const override { return sha256_; }
  std::string doubt() const override { return doubt_; }
  std::string label() const override { return "features of " + name() + ", not Inception's"; }
  std::string preparation_name(const std::string& protocol) const override {
    return transformer_preparation(backbone_, sizes_, protocol);
  }
  std::vector<std::pair<std::string, std::string>> facts() const override {
    const std::string resampling = resampling_text(backbone_, sizes_);
    return {{"weights.source", backbone_.source},
            {"weights.positions", resampling.empty() ? "as they are stored" : resampling}};
  }
  c10::Device device() const override { return network_.device(); }
  void to(const c10::Device& device) override { network_.place(device, layers()); }
  c10::ScalarType layers() const override { return network_.layers(); }
  void set_layers(c10::ScalarType layers) override { network_.place(device(), layers); }

  PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const override {
    const c10::InferenceMode guard;
    const Protocol& protocol = find_protocol(backbone_.family, request.protocol);
    const BatchPreparation prepared(
        batch, preparation_of(protocol, transformer_image_size(backbone_, sizes_)), device());
    const std::int64_t step = device().is_cpu() ? transformer_chunk(backbone_, sizes_) : prepared.size();
    PendingFeatures pending;
    for (std::int64_t first = 0; first < prepared.size(); first += step) {
      const std::int64_t count = std::min(step, prepared.size() - first);
      pending.add(network_.forward(prepared.images(first, count)), {}, {});
    }
    return pending;
  }

 private:
  std::string sha256_, doubt_;
  const Backbone& backbone_;
  TransformerSizes sizes_;
  VisionTransformer network_;
};

}  // namespace

std::string transformer_name(const Backbone& backbone, const TransformerSizes& sizes) {
  const bool clip = backbone.family == Family::kClip;
  const auto* const named = std::find_if(std::begin(kNamed), std::end(kNamed), [&](const NamedSizes& each) {
    return each.width == sizes.width && each.blocks == sizes.blocks;
  });
  std::string name = clip ? "clip-vit" : "dinov2-vit";
  if (named == std::end(kNamed))
    name += std::to_string(sizes.width) + "x" + std::to_string(sizes.blocks) + "-";
  else
    name += std::string(clip ? "-" : "") + named->letter;
  name += std::to_string(sizes.patch);
  if (sizes.registers > 0) name += "-reg" + std::to_string(sizes.registers);
  const std::int64_t image = transformer_image_size(backbone, sizes);
  return image == kUsualImage ? name : name + "-" + std::to_string(image);
}

std::string transformer_preparation(const Backbone& backbone, const TransformerSizes& sizes,
                                    const std::string& protocol) {
  const std::int64_t image = transformer_image_size(backbone, sizes);
  const std::string resampling = resampling_text(backbone, sizes);
  return preparation_of(find_protocol(backbone.family, protocol), image).name() +
         (resampling.empty() ? "" : "; " + resampling);
}

std::unique_ptr<Detector> make_transformer_detector(std::string sha256, const Backbone& backbone,
                                                    const StateDict& state, const std::string& path,
                                                    const std::string& doubt) {
  const TransformerWeights weights = read_transformer_weights(backbone, state, path);
  const std::int64_t chunk = transformer_chunk(backbone, weights.sizes);
  require_memory(path, "a batch of " + std::to_string(chunk),
                 static_cast<double>(chunk) *
                     activations(weights.sizes, transformer_image_size(backbone, weights.sizes)));
  return std::make_unique<TransformerDetector>(std::move(sha256), backbone, weights, doubt);
}

}  // namespace gdd
