// What encoders and decoders of every U-Net have alike: layers by name in a ModuleDict, images that go
// through.
#pragma once

#include <cstdint>
#include <string>

#include "checkpoints/module_tree.h"
#include "networks/layers.h"

namespace gdd {

// Channels and side length of an image on its way.
struct Extent {
  std::int64_t channels = 0, side = 0;
  bool operator==(const Extent&) const = default;
};
double bytes_of(const Extent& extent);  // as float32

// Error: another extent than expected.
void expect_extent(const ModuleTree& layer, const Extent& expected, const Extent& found);

// Lines of TorchScript for the layer of this name, which need not be an identifier: "32x32_conv". LAYER
// stands for it in `lines`.
std::string with_layer(std::string lines, const std::string& name);

// Errors: no ModuleDict with layers, too many of them, a tensor of its own, or a name that is none of
// upstream's alphabet, which would become source.
void check_stack(const ModuleTree& stack, NetworkParts& parts);

// Twice or half of `side`, for a layer that resamples. Errors: more than `most`; nothing to halve.
std::int64_t doubled(const ModuleTree& layer, std::int64_t side, std::int64_t most);
std::int64_t halved(const ModuleTree& layer, std::int64_t side);

inline constexpr std::int64_t kMaxUp = 4;  // how much larger than the image a layer may work

}  // namespace gdd
