// A denoiser ready to run: TorchScript built from the module tree of a snapshot, or of a .pt that gdd-convert
// wrote. No program in a file is ever run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "networks/assumptions.h"
#include "networks/latent_encoding.h"

namespace at {
class Tensor;
}

namespace gdd {

class MappedFile;

struct NetworkInfo {
  std::int64_t img_resolution = 0, img_channels = 0, label_dim = 0;
  double sigma_min = 0, sigma_max = 0, sigma_data = 0.5;
  std::string precond;  // "GDDPrecond"
  std::string variant;  // "ect" or "tcm" of an ECMPrecond; else empty
  std::string model;    // "SongUNet"
  std::string weights;  // "ema" or "net"
  std::int64_t num_parameters = 0;
  double activation_bytes = 0;  // an estimate of what one image takes at the widest place of the network
  std::optional<LatentEncoding> latents;  // where its images are latents of a VAE
  bool use_fp16 = false;          // trained for half precision on CUDA (the `edm` sampler's default there)
  std::string snapshot_sha256;    // of the .pkl it came from
  std::string assumed;            // what its file leaves open and decides its numbers: "ecm=tcm"; else empty
  bool leaves_precision = false;  // its authors' one-step script runs in half precision on CUDA too
  int format = 1;                 // of gdd.json (metadata.h)
  std::string metadata_json;      // gdd.json: classes, hyperparameters, which weights, hashes, versions
};

struct Compute;

class Network {
 public:
  // From a snapshot (.pkl; `ema` chooses the weights) or a converted TorchScript file (.pt; must match
  // `ema`), by content. `assumed` says what the file leaves open. Errors: unknown class (known ones listed),
  // missing, unused or misshapen weights, a .pt without gdd.json, a URL (the line that downloads it is in the
  // message). `warnings` (optional) receives notes such as an unknown module_src, and what was
  // guessed.
  static Network open(const std::string& path, bool ema, std::vector<std::string>* warnings = nullptr,
                      Assumptions assumed = {});
  // The same of a file that the caller read.
  static Network open(const std::shared_ptr<const MappedFile>& file, bool ema,
                      std::vector<std::string>* warnings = nullptr, Assumptions assumed = {});

  const NetworkInfo& info() const;
  // Moves the weights to the device. Where `compute` asks for reduced layers, denoise() runs those of the
  // U-Net in bfloat16 or float16 from now on: the weights of its convolutions are cast here, once, and laid
  // out as the device likes them; sums, the statistics of normalisation, what attention's softmax
  // adds up and the embedding stay float32, and so do x and the output. What a network computes from its
  // weights alone in every call (EDM2's normalisation of them) is computed here, once, to the same bits. For
  // a network that is not saved afterwards.
  void to(const Compute& compute);
  void save(const std::string& path) const;  // atomically, metadata inside

  // net(x, sigma, class_labels, force_fp32=True) of upstream: x [N,C,H,W] float64 or float32, sigma [N] or
  // [N,1,1,1], class_labels [N,label_dim] or an undefined tensor. Output dtype is upstream's (float64 for
  // GDDPrecond with float64 x).
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& class_labels) const;
  // The same as upstream computes it on CUDA for a network with use_fp16 and without force_fp32: the U-Net in
  // bfloat16 (GDD's revision of the classes) or float16 (EDM's).
  at::Tensor denoise_half(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& class_labels) const;
  // The nearest noise level that the network was trained for; iDDPM alone has a list of them.
  at::Tensor round_sigma(const at::Tensor& sigma) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gdd
