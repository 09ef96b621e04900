// The encoder and the decoder of both U-Nets: layers one after the other, with skips from one to the other.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>

#include "checkpoints/module_tree.h"
#include "networks/layers.h"

namespace gdd {

struct UNetStack {
  // forward(x [N,C,H,W], emb) -> the outputs that the decoder needs, the last one being its input
  torch::jit::Module enc;
  // forward(skips, emb) -> what the last auxiliary layer gave (SongUNet) or the last block (DhariwalUNet)
  torch::jit::Module dec;
  std::int64_t out_channels = 0;  // of dec
};

// `module` is the U-Net; its children `enc` and `dec` are dicts whose order and names say what happens (EDM's
// networks.py, SongUNet.forward: 'aux_down', 'aux_skip', 'aux_residual', 'aux_up', 'aux_norm', 'aux_conv').
// Follows the channels and resolutions of an image [in_channels, resolution, resolution] through all layers.
// Errors as in layers.h, and: layers that do not fit each other, a layer of unknown name, skips left over.
UNetStack build_unet_stack(const ModuleTree& module, NetworkParts& parts, std::int64_t in_channels,
                           std::int64_t resolution, std::int64_t emb_channels);

}  // namespace gdd
