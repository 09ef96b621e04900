// The decoder of sd-vae-ft-mse and its like (vae_state.h), ready to run: TorchScript with diffusers'
// operations in their order and layouts in memory, so that on a CPU its bits are those of diffusers 0.35 with
// torch 2.11.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace at {
class Tensor;
}

namespace gdd {

struct Compute;

struct VaeInfo {
  std::int64_t latent_channels = 0, image_channels = 0;
  std::int64_t upscale = 1;  // pixels a side of an image for one of its latents
  std::int64_t num_parameters = 0;
  std::string sha256;  // of the file
};

class VaeDecoder {
 public:
  // diffusion_pytorch_model.safetensors or .bin (torch's zip and legacy archives), by content. Errors: of
  // Checkpoint, vae_state.h and weights.h, naming the file.
  static VaeDecoder open(const std::string& path);

  const VaeInfo& info() const;
  // What one image of so many latents a side takes at the widest place, in bytes: an estimate.
  double activation_bytes(std::int64_t latent_side) const;
  // Moves the weights to the device. It computes in float32 whatever compute.layers says: upstream runs it
  // so.
  void to(const Compute& compute);
  // Raw latents [N,C,H,W] float32 -> images [N,image_channels,H*upscale,W*upscale] float32, as diffusers'
  // AutoencoderKL.decode(z).sample.
  at::Tensor decode(const at::Tensor& z) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gdd
