// What the answers of a network over latents stand for: how to come from them to what a VAE decodes. EDM2's
// snapshots say it in their `encoder` (training/encoders.py, StabilityVAEEncoder); SiDA's hold none, and its
// scripts have the numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkpoints/module_tree.h"

namespace at {
class Tensor;
}

namespace gdd {

class Checkpoint;
class VaeDecoder;

// latents = raw latents * scale + bias, in float32, a number a channel.
struct LatentEncoding {
  std::string encoder;  // the class that says so, or whose script
  std::string vae;      // the VAE that it names: "stabilityai/sd-vae-ft-mse"
  std::vector<float> scale, bias;
  // What the encoder was made with (raw_mean, raw_std, final_mean, final_std), where a snapshot tells.
  std::vector<std::pair<std::string, Attribute>> given = {};
};

// So many are decoded together: the encoder_batch_size of EDM2's generate_images.py and DDO's script, which
// takes the place of the encoder's own batch_size (8).
inline constexpr std::int64_t kDecodedTogether = 4;

// Of a snapshot's network; nothing for one that makes pixels. An encoder of another class is left alone, with
// a line among `warnings` (optional). Error: its numbers are missing; check_latent_encoding looks at them.
std::optional<LatentEncoding> read_latent_encoding(const Checkpoint& snapshot, const ModuleTree& network,
                                                   std::vector<std::string>* warnings);

// Error: not a scale and a bias for each of so many channels, all finite, no scale 0. `where` is named.
void check_latent_encoding(const LatentEncoding& encoding, std::int64_t channels, const std::string& where);

// "latents of 4 channels of stabilityai/sd-vae-ft-mse, as StabilityVAEEncoder has them: scale [...], bias
// [...]"
std::string latent_text(const LatentEncoding& encoding);

// StabilityVAEEncoder.decode before it makes bytes: latents [n,C,h,w] of any floating dtype -> images
// [n,image_channels,H,W] float32, nominally in [0,1] (EDM2 feeds the VAE so).
at::Tensor decode_latents(const LatentEncoding& encoding, const VaeDecoder& vae, const at::Tensor& latents);

}  // namespace gdd
