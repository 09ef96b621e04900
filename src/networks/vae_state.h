// The decoder of a variational autoencoder with continuous latents, diffusers' AutoencoderKL (sd-vae-ft-mse,
// which EDM2, DDO and SiDA use), as a state dict: from names and shapes to a module tree. The names are those
// of diffusers, of diffusers until 2023 (attention's query, key, value, proj_attn), or of the model's own
// repository (CompVis: mid.block_1, up.3, nin_shortcut). No torch is needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoints/module_tree.h"

namespace gdd {

// What tensors tell of it. What they do not: groups of 32 channels and an epsilon of 1e-6 in every
// normalisation, one head of attention, nearest-neighbour doubling; all published files have these.
struct VaeLayout {
  std::int64_t latent_channels = 0, image_channels = 0;
  std::vector<std::int64_t> channels;  // of each resolution, from the latents' to the image's, twice the last
  std::int64_t resnets = 0;            // of each resolution

  std::int64_t upscale() const { return std::int64_t{1} << (channels.size() - 1); }
};

struct VaeState {
  ModuleTree tree;  // of diffusers' names: post_quant_conv, decoder.{conv_in, mid_block, up_blocks, ...}
  VaeLayout layout;
};

// Whether these are names of such a decoder.
bool is_vae_state(const StateDict& tensors);

// The encoder's tensors (encoder, quant_conv) and those of its training (loss, model_ema) are left out by
// their names; whoever builds the tree accounts for every other one. `path` is the file's. Errors: another
// network (a VQ model, a U-Net, a tiny autoencoder, by name), a layout that does not fit together, one name
// twice, a tensor that tells the layout missing, channels that are no groups of 32.
VaeState read_vae_state(const StateDict& tensors, const std::string& path);

inline constexpr std::int64_t kVaeNormGroups = 32;
inline constexpr double kVaeNormEps = 1e-6;

}  // namespace gdd
