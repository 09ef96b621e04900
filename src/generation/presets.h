// How the authors of a family made the images that they published: sampler, labels and bytes under one name.
#pragma once

#include <string>
#include <vector>

namespace gdd {

// How images become bytes.
enum class Quantisation {
  kEdm,        // trunc(clip(127.5 x + 128)), in the dtype of x: EDM, GDD, EDM2's StandardRGBEncoder
  kUnit,       // trunc(255 clamp(x, 0, 1)), in float32: EDM2's StabilityVAEEncoder, of what a VAE decodes
  kSymmetric,  // trunc(clamp((x + 1) 127.5)), in float32: DMD2, OpenAI's consistency models
};
std::string quantisation_name(Quantisation quantisation);  // the formula

struct Preset {
  const char* name;     // "dmd2"
  const char* sampler;  // as SamplerOptions
  Quantisation quantisation;
  bool labels_in_order;  // image i gets label i mod label_dim, unless classes are given
  const char* source;    // of the protocol
};
// The row of that name. Usage error: there is none (those known are listed).
const Preset& find_preset(const std::string& name);
std::string preset_names();  // "dmd2, openai-cm"

}  // namespace gdd
