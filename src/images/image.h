// One picture: uint8, height x width x channels, rows from the top, channels interleaved.
#pragma once

#include <cstdint>
#include <vector>

namespace gdd {

struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;                  // 1 grey, 3 RGB
  std::vector<std::uint8_t> pixels;  // height * width * channels
  bool alpha_dropped = false;        // the file had an alpha channel
};

}  // namespace gdd
