#include "images/orientation.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace gdd {

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool swapped = orientation >= 5;  // rows of the scene are stored as columns
  // Whether the stored row, or column, runs against the scene.
  const bool row_back = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool column_back = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image turned = image;
  if (swapped) std::swap(turned.height, turned.width);
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < turned.height; ++y)
    for (int x = 0; x < turned.width; ++x) {
      int row = swapped ? x : y, column = swapped ? y : x;
      if (row_back) row = image.height - 1 - row;
      if (column_back) column = image.width - 1 - column;
      const auto from = static_cast<std::size_t>(row) * static_cast<std::size_t>(image.width) +
                        static_cast<std::size_t>(column);
      const auto to =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(turned.width) + static_cast<std::size_t>(x);
      std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(from * channels), channels,
                  turned.pixels.begin() + static_cast<std::ptrdiff_t>(to * channels));
    }
  return turned;
}

}  // namespace gdd
