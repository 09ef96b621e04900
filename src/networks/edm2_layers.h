// The magnitude-preserving layers of EDM2's networks_edm2.py as TorchScript modules. Errors as in layers.h.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <optional>
#include <string>

#include "networks/layer_stack.h"
#include "networks/layers.h"

namespace gdd {

// Attribute of every MPConv: whether its weight is already what it multiplies by. A file holds weights of any
// length, and its program normalises them in every call, as upstream; Network::to does it once, by the
// layer's own `scaled_weight` on the device that computes, so that the bits are those of every call.
inline constexpr const char* kFolded = "folded";
inline constexpr const char* kScaledWeight = "scaled_weight";

// forward(x [N,in] or [N,in,H,W]): kernel 0 is a linear map, else it convolves. `gain` (a float16 scalar
// stays one) multiplies the weight; undefined: 1.
torch::jit::Module build_mp_conv(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                 std::int64_t out, std::int64_t kernel, const at::Tensor& gain = {});
// x [N] -> [N,channels].
NoiseEmbedding build_mp_fourier(const ModuleTree& module, NetworkParts& parts);

// x of `in`, emb [N or 1,emb_channels] -> x of `out`.
struct Edm2Block {
  torch::jit::Module module;
  Extent out;
  std::int64_t num_heads = 0;
};
// `most` bounds the side of what it gives.
Edm2Block build_edm2_block(const ModuleTree& module, NetworkParts& parts, const Extent& in,
                           std::int64_t emb_channels, std::int64_t most);

// The scalar parameter `name` of a module that has no other, as it is stored.
at::Tensor gain_of(const ModuleTree& module, NetworkParts& parts, const std::string& name);

// TorchScript: (a + t (b - a)) / sqrt((1-t)^2 + t^2).
namespace source {
extern const char* const kMpSum;
}

}  // namespace gdd
