// A protocol is every choice that changes a score, under the name of the tool whose numbers it gives. The one
// table of them: how images are prepared, what is asked of their number and sizes, and which variant of each
// score is meant.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gdd {

enum class InceptionSplits {
  kBlocks,    // consecutive blocks, as guided-diffusion's evaluator
  kShuffled,  // ten splits after a seeded shuffle, as torch-fidelity
};

struct Protocol {
  const char* name;
  const char* resize;            // of detectors/resize.h, for Inception v3
  float middle;                  // a value v becomes (v - middle) / middle
  bool equal_sizes;              // all images must have one size; else each is resized on its own
  std::int64_t expected_images;  // fewer give a warning; 0: any number
  InceptionSplits splits;
  const char* measured_as;  // the protocol whose preparation it shares by definition: its own name, mostly
};

// Those that stand side by side under kAllProtocols: edm, adm, pytorch-fid, clean, torch-fidelity.
std::span<const Protocol> all_protocols();

// What stands for every protocol, side by side, where scores are computed.
inline constexpr const char* kAllProtocols = "all";

// One of all_protocols(), or prdc: images as adm, and points on the boundary do not count. Usage error: an
// unknown name (the known ones are listed).
const Protocol& find_protocol(const std::string& name);

}  // namespace gdd
