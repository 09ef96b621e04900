// The weights of a Vision Transformer out of the files that users have, brought to one form. Internal to this
// room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "checkpoints/module_tree.h"
#include "detectors/backbone.h"

namespace gdd {

// Read from the shapes of the tensors.
struct TransformerSizes {
  std::int64_t width = 0;      // of a token; heads = width / 64
  std::int64_t patch = 0;      // pixels a side
  std::int64_t grid = 0;       // patches a side, as the positional embedding has them
  std::int64_t registers = 0;  // tokens between the class token and the patches
  std::int64_t blocks = 0;
  std::int64_t hidden = 0;     // of the layers between attentions
  bool gated = false;          // SwiGLU: up has 2 * hidden rows
  bool class_position = true;  // the class token has a position, the first one
  std::int64_t features = 0;   // columns of the head, or the width

  bool operator==(const TransformerSizes&) const = default;
};

inline constexpr std::int64_t kHeadWidth = 64;

// float32 tensors on the CPU under own names:
//   patch.weight [width, 3, patch, patch], patch.bias [width] (DINOv2)
//   class_token [width], registers [registers, width], positions [grid^2 (+ 1), width]
//   pre_norm.weight, pre_norm.bias [width] (CLIP), norm.weight, norm.bias [width]
//   head [features, width] (CLIP)
//   N.norm1.weight, N.norm1.bias, N.qkv.weight [3 width, width], N.qkv.bias, N.out.weight, N.out.bias,
//   N.scale1 [width] (DINOv2), N.norm2.weight, N.norm2.bias, N.up.weight [hidden or 2 hidden, width],
//   N.up.bias, N.down.weight [width, hidden], N.down.bias, N.scale2 (DINOv2), for the blocks N from 0 on
struct TransformerWeights {
  TransformerSizes sizes;
  std::map<std::string, at::Tensor> tensors;
};

// The sizes alone; no element is read. Errors, by name: weights that are missing, unknown or of another shape
// or type; sizes beyond base/limits.h; a width that is not of heads of 64; a grid that is not square.
TransformerSizes read_transformer_sizes(const Backbone& backbone, const StateDict& state,
                                        const std::string& path);

// Copied as float32. Errors: the same; weights that are not finite; more memory than is allowed.
TransformerWeights read_transformer_weights(const Backbone& backbone, const StateDict& state,
                                            const std::string& path);

}  // namespace gdd
