// The Vision Transformer (Dosovitskiy et al. 2020, arXiv:2010.11929) as CLIP (Radford et al. 2021,
// arXiv:2103.00020) and DINOv2 (Oquab et al. 2023, arXiv:2304.07193) have it: pre-norm blocks over a class
// token, registers and patches; the feature is the class token. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "detectors/backbone.h"
#include "detectors/linear_layer.h"
#include "detectors/transformer_weights.h"

namespace gdd {

// So many images go through the network at once on a CPU: memory is bounded whatever --batch says, and there
// are some 2000 tokens, so that a layer's weights are not read for a few alone.
std::int64_t transformer_chunk(const Backbone& backbone, const TransformerSizes& sizes);

// Pixels a side of what the network takes: CLIP's positions fix it, DINOv2 is used at 224 whatever it was
// trained at.
std::int64_t transformer_image_size(const Backbone& backbone, const TransformerSizes& sizes);

// "positions 37x37 to 16x16 by bicubic, scale 16.1/37"; empty where the grids are equal.
std::string resampling_text(const Backbone& backbone, const TransformerSizes& sizes);

// `positions` [old^2 (+ 1 if class_position), width] for new^2 patches. As torch.nn.functional.interpolate.
at::Tensor resample_positions(const at::Tensor& positions, bool class_position, std::int64_t grid,
                              Resampling resampling);

class VisionTransformer {
 public:
  // Layer scales are folded into the layers before them, in float64; CLIP's x * sigmoid(1.702 x) is
  // silu(1.702 x) / 1.702, the factors folded likewise.
  VisionTransformer(const Backbone& backbone, const TransformerWeights& weights);

  // Where it runs, and in what its layers compute: float32, bfloat16 or (on CUDA) float16. The sum over the
  // blocks, LayerNorm and the features are float32 in any case.
  void place(const c10::Device& device, c10::ScalarType layers);
  c10::Device device() const { return device_; }
  c10::ScalarType layers() const { return layers_; }
  std::int64_t features() const { return features_; }

  // `images` [N, 3, S, S] float32 on any device -> [N, features] float32.
  at::Tensor forward(const at::Tensor& images) const;

 private:
  struct Norm {
    at::Tensor weight, bias;

    void place(const c10::Device& device);
  };
  struct Block {
    Norm norm1, norm2;
    LinearLayer qkv, out, up, down;
  };

  at::Tensor normalised(const at::Tensor& x, const Norm& norm) const;
  at::Tensor embed(const at::Tensor& images) const;
  at::Tensor attend(const at::Tensor& x, const Block& block, bool class_alone) const;
  at::Tensor feed_forward(const at::Tensor& x, const Block& block) const;

  std::int64_t width_, patch_, features_;
  bool gated_;
  double epsilon_;
  LinearLayer patches_, head_;
  bool has_head_, has_pre_norm_;
  at::Tensor prefix_;     // [1, 1 + registers, width]: class token and registers with their positions
  at::Tensor positions_;  // [patches, width]
  Norm pre_norm_, norm_;
  std::vector<Block> blocks_;
  c10::Device device_{c10::kCPU};
  c10::ScalarType layers_ = c10::kFloat;
};

}  // namespace gdd
