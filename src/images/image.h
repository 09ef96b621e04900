// One picture: uint8, height x width x channels, rows from the top, channels interleaved.
#pragma once

#include <cstddef>
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

// Somebody else's pixels: an Image's, or one of a batch's.
struct ImageView {
  ImageView(int rows, int columns, int depth, const std::uint8_t* data)
      : height(rows), width(columns), channels(depth), pixels(data) {}
  ImageView(const Image& image) : ImageView(image.height, image.width, image.channels, image.pixels.data()) {}

  std::size_t size() const {  // in bytes
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }

  int height, width, channels;
  const std::uint8_t* pixels;
};

// Called by a decoder before it takes so many bytes for an image; may wait until there is room, or throw.
using Admit = std::function<void(std::uint64_t bytes)>;

}  // namespace gdd
