// One picture: uint8, height x width x channels, rows from the top, channels interleaved.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace gdd {

struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;                  // 1 grey, 3 RGB
  std::vector<std::uint8_t> pixels;  // height * width * channels
  bool alpha_dropped = false;        // the file had an alpha channel
  bool deep_grey = false;            // 16-bit grey, of which the upper 8 bits are kept
  bool first_of_many = false;        // the first picture of an animation, or of pages
};

// Called by a decoder before it takes so many bytes for an image; may wait until there is room, or throw.
using Admit = std::function<void(std::uint64_t bytes)>;

}  // namespace gdd
