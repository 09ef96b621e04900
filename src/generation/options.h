// What a run from seeds to images is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compute/compute.h"
#include "gdd/report.h"
#include "generation/presets.h"
#include "images/run_settings.h"
#include "networks/network.h"
#include "networks/vae_decoder.h"
#include "samplers/sampler.h"

namespace gdd {

struct GenerateOptions {
  std::vector<std::int64_t> seeds;    // at least one
  std::int64_t batch = 64;            // largest batch; GDD generate.py --batch
  std::vector<std::int64_t> classes;  // empty: drawn from each seed; else image i gets classes[i mod length]
  bool labels_in_order = false;       // where no classes are given: image i gets i mod label_dim
  SamplerOptions sampler;
  std::optional<Network> gnet = {};  // guides where sampler.guidance is not 1; on the device of `compute`
  std::string gnet_file = {};        // for reports
  // Makes images of the network's latents; on the device of `compute`. Without it they stay latents.
  std::optional<VaeDecoder> vae = {};
  std::string vae_file = {};                       // for reports
  Quantisation quantisation = Quantisation::kEdm;  // where no VAE decides it (quantisation_of)
  std::string preset = {};                         // that set some of these; empty: none
  std::string rng;                                 // as open_random_streams
  Compute compute;
  bool subdirs = false;  // of the PNG tree
  // So many batches are begun before they are asked for, so that a GPU has work while the CPU does its own.
  // Not told: 4 on a GPU, 2 with floats, which are large; 0 on a CPU, which would only wait.
  std::optional<std::int64_t> ahead = {};
};

// The class of the image at `position` of a run, where it is not drawn from its seed; `label_dim` is not 0.
std::optional<std::int64_t> class_at(const GenerateOptions& options, std::int64_t position,
                                     std::int64_t label_dim);

// Of the images of a run: of a network over latents with a VAE, those of what is decoded.
struct ImageSize {
  std::int64_t channels = 0, side = 0;
};
ImageSize image_size(const GenerateOptions& options, const NetworkInfo& info);

// How they become bytes.
Quantisation quantisation_of(const GenerateOptions& options);

// What a batch of so many takes on its way, besides the weights: an estimate.
double batch_bytes(const GenerateOptions& options, const NetworkInfo& info, std::int64_t batch);

// Whether the U-Net runs in half precision: upstream's samplers ask for float32, but for edm with its
// ablation and edm2, and SiDA's script of EDM2's networks, which leave it to a network with use_fp16 on CUDA.
bool runs_in_half(const GenerateOptions& options, const NetworkInfo& info);

// "float32, convolutions in TF32, U-Net in half precision": as the run computes.
std::string precision_of(const GenerateOptions& options, const NetworkInfo& info);

// Usage errors: options of check_options, levels of check_noise_levels, the guide's too; classes with an
// unconditional network or beyond its label_dim; guidance without a guiding network, or one of other images,
// latents or labels; a VAE for a network of pixels, or of other latents. Error: a batch needs more memory
// than allowed.
void check_generate(const NetworkInfo& info, const GenerateOptions& options);

// Every setting that the bytes of an image depend on.
RunSettings run_settings(const GenerateOptions& options, const NetworkInfo& info);

// "preset dmd2 (its source): labels in order, bytes trunc(...)"; empty without a preset.
std::string preset_text(const GenerateOptions& options);

// The network (its file is `network`), the seeds and the sampler, for a report.
std::vector<ProvenanceEntry> describe(const GenerateOptions& options, const std::string& network,
                                      const NetworkInfo& info);

}  // namespace gdd
