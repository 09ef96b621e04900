#include "images/thumbnail.h"

#include <algorithm>

namespace gdd {

Image thumbnail(const ImageView& image) {
  const int block = (std::max(image.height, image.width) + kThumbnailSide - 1) / kThumbnailSide;
  const int rows = std::min(block, image.height), columns = std::min(block, image.width);  // of a block
  Image small;
  small.height = image.height / rows;
  small.width = image.width / columns;
  small.channels = image.channels;
  small.pixels.reserve(ImageView(small).size());
  const auto stride = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  for (int y = 0; y < small.height; ++y)
    for (int x = 0; x < small.width; ++x)
      for (int c = 0; c < image.channels; ++c) {
        unsigned sum = 0;
        for (int i = 0; i < rows; ++i)
          for (int j = 0; j < columns; ++j)
            sum += image.pixels[static_cast<std::size_t>(y * rows + i) * stride +
                                static_cast<std::size_t>((x * columns + j) * image.channels + c)];
        const auto count = static_cast<unsigned>(rows * columns);
        small.pixels.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
      }
  return small;
}

}  // namespace gdd
