#include "images/thumbnail.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

Image plain(int height, int width, int channels, std::uint8_t value) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = channels;
  image.pixels.assign(static_cast<std::size_t>(height * width * channels), value);
  return image;
}

TEST(Thumbnail, OfASmallImageIsTheImage) {
  Image image = plain(64, 3, 3, 9);
  image.pixels[5] = 200;
  EXPECT_EQ(thumbnail(image).pixels, image.pixels);
}

TEST(Thumbnail, IsTheMeanOfBlocks) {
  Image image = plain(128, 66, 1, 10);
  image.pixels[0] = 11;   // 10.25
  image.pixels[67] = 12;  // of the same block: 10.75
  const Image small = thumbnail(image);
  EXPECT_EQ(small.height, 64);
  EXPECT_EQ(small.width, 33);
  EXPECT_EQ(small.pixels[0], 11);
  EXPECT_EQ(small.pixels[1], 10);
}

TEST(Thumbnail, FitsWhateverTheSides) {
  for (const auto& [height, width] : {std::pair{1000, 1}, {1, 1000}, {65, 64}, {1023, 767}}) {
    const Image small = thumbnail(plain(height, width, 3, 77));
    EXPECT_TRUE(small.height >= 1 && small.height <= kThumbnailSide) << height;
    EXPECT_TRUE(small.width >= 1 && small.width <= kThumbnailSide) << width;
    EXPECT_EQ(small.pixels, plain(small.height, small.width, 3, 77).pixels);
  }
}

}  // namespace
}  // namespace gdd
