// A protocol is every choice that changes a score (resize, normalisation, splits, counts). The detector knows
// how images are prepared; here stands what a protocol asks of a set of images.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gdd {

struct Protocol {
  const char* name;              // edm, adm, pytorch-fid, clean, torch-fidelity
  bool equal_sizes;              // all images must have one size; else each is resized on its own
  std::int64_t expected_images;  // fewer give a warning; 0: any number
};

std::span<const Protocol> all_protocols();

// What stands for every protocol, side by side, where scores are computed.
inline constexpr const char* kAllProtocols = "all";

// Usage error: unknown name (the known ones are listed).
const Protocol& find_protocol(const std::string& name);

}  // namespace gdd
