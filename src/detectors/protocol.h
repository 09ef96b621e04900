// A protocol is every choice that changes a score, under the name of the tool whose numbers it gives. The one
// table of them: how images are prepared, what is asked of their number and sizes, and which variant of each
// score is meant. A name means something for each family of networks that has it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gdd {

// Networks that tools treat alike. What has no protocols of its own (the demo, TorchScript) counts as
// Inception.
enum class Family { kInception, kClip, kDinov2 };

const char* family_name(Family family);                      // "Inception", "CLIP", "DINOv2"
std::optional<Family> find_family(const std::string& name);  // of such a name

enum class InceptionSplits {
  kBlocks,    // consecutive blocks, as guided-diffusion's evaluator
  kShuffled,  // ten splits after a seeded shuffle, as torch-fidelity
};

// A value v of 0..255 becomes ((v / divisor) - mean[c]) / std[c], in float32.
struct Scaling {
  float divisor = 1;
  std::array<float, 3> mean{128, 128, 128}, std{128, 128, 128};
};

struct Protocol {
  const char* name;
  Family family;
  const char* resize;  // of detectors/resize.h
  bool center_crop;    // else an image is squashed
  Scaling scaling;
  bool equal_sizes;              // all images must have one size; else each is resized on its own
  std::int64_t expected_images;  // fewer give a warning; 0: any number
  InceptionSplits splits;
  const char* measured_as;  // the protocol whose preparation it shares by definition: its own name, mostly
};

// Those of a family that stand side by side under kAllProtocols, its default first. Inception: edm, adm,
// pytorch-fid, clean, torch-fidelity; CLIP: clean, torch-fidelity; DINOv2: dgm-eval, dgm-eval-clean, edm2.
std::vector<const Protocol*> all_protocols(Family family);
const Protocol& default_protocol(Family family);

// Of every family, each once.
std::vector<std::string> protocol_names();

// What stands for every protocol, side by side, where scores are computed.
inline constexpr const char* kAllProtocols = "all";

// One of all_protocols(family), or for Inception prdc: images as adm, and points on the boundary do not
// count. Usage error: it has no such protocol (its own are listed, and whose it is).
const Protocol& find_protocol(Family family, const std::string& name);
// The first of any family, for what does not depend on it: Inception's, where it has one of that name. Usage
// error: no family has it.
const Protocol& find_protocol(const std::string& name);

}  // namespace gdd
