#include "images/codec.h"

#include <gtest/gtest.h>

#include "archive/npz.h"
#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;

std::string file(const std::string& name) { return read_text(GDD_TEST_DATA "/images/" + name); }

Image decode(const std::string& bytes) { return decode_image(as_bytes(bytes), "x"); }

Image gradient(int height, int width, int channels) {
  Image image{height, width, channels, {}};
  for (int i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(i * 7));
  return image;
}

class DecodeImage : public ::testing::TestWithParam<const char*> {};

TEST_P(DecodeImage, GivesPillowsPixels) {
  const NpzReader expected(GDD_TEST_DATA "/images/expected.npz");
  const NpyArray pixels = expected.read(GetParam());
  const Image image = decode(file(GetParam()));
  std::vector<std::int64_t> shape = {image.height, image.width};
  if (image.channels == 3) shape.push_back(3);
  EXPECT_EQ(shape, pixels.shape());
  EXPECT_EQ(image.pixels, pixels.as_uint8());
}

TEST_P(DecodeImage, RefusesEveryTruncation) {
  const std::string whole = file(GetParam());
  const std::size_t step = whole.size() / 150 + 1;
  for (std::size_t size = 0; size + 2 < whole.size(); size += step)
    EXPECT_NE(error_of([&] { decode(whole.substr(0, size)); }), "") << size;
}

TEST_P(DecodeImage, SurvivesFlippedBytes) {
  const std::string whole = file(GetParam());
  for (std::size_t i = 0; i < whole.size(); i += whole.size() / 300 + 1) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(~flipped[i]);
    try {
      decode(flipped);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).substr(0, 3), "x: ");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Jpeg, DecodeImage,
                         ::testing::Values("s0.jpg", "s1.jpg", "s2.jpg", "s0-progressive.jpg",
                                           "s1-progressive.jpg", "s2-progressive.jpg", "grey.jpg", "one.jpg",
                                           "17x2.jpg", "restart.jpg"));
INSTANTIATE_TEST_SUITE_P(Png, DecodeImage,
                         ::testing::Values("rgb.png", "grey.png", "rgba.png", "grey-alpha.png", "palette.png",
                                           "palette-2bit.png", "1bit.png", "rgb16.png", "grey16.png",
                                           "grey4.png", "interlaced.png"));

TEST(DecodeImageErrors, NameTheFileAndWhatIsWrong) {
  const std::string jpeg = file("s2.jpg"), png = file("rgb.png");
  EXPECT_NE(error_of([&] { decode(jpeg.substr(0, jpeg.size() / 2)); }).find("x: Premature end of JPEG file"),
            std::string::npos);
  EXPECT_NE(error_of([&] { decode(png.substr(0, png.size() / 2)); }).find("x: unexpected end of the file"),
            std::string::npos);
  EXPECT_NE(error_of([&] { decode(file("cmyk.jpg")); }).find("found 4 components (CMYK has 4)"),
            std::string::npos);
  EXPECT_NE(error_of([&] { decode("GIF89a"); }).find("expected a PNG or JPEG image"), std::string::npos);
}

TEST(DecodeImageErrors, NoticeADamagedPngByItsChecksum) {
  std::string png = file("rgb.png");
  png[png.find("IDAT") + 40] ^= 1;
  EXPECT_NE(error_of([&] { decode(png); }), "");
}

// Width and height stand at fixed places; nothing of that size may be allocated.
TEST(DecodeImageErrors, RefuseHugeJpegsBeforeTheyCostMemory) {
  std::string jpeg = file("grey.jpg");
  jpeg.replace(jpeg.find("\xff\xc0") + 5, 4, "\xff\xdc\xff\xdc");
  EXPECT_NE(error_of([&] { decode(jpeg); }).find("found 65500x65500"), std::string::npos);
}

// The first scan, made to carry all bits (its byte 13), may come again and again without a warning.
TEST(DecodeImageErrors, RefuseProgressiveJpegsOfManyScans) {
  const std::string jpeg = file("s0-progressive.jpg");
  const std::size_t start = jpeg.find("\xff\xda");
  std::string scan = jpeg.substr(start, jpeg.find("\xff\xc4", start) - start);
  scan[13] = 0;
  std::string few = jpeg.substr(0, start), many = few;
  for (int i = 0; i < 20; ++i) few += scan;
  for (int i = 0; i < 600; ++i) many += scan;
  EXPECT_EQ(error_of([&] { decode(few + "\xff\xd9"); }), "");
  EXPECT_NE(error_of([&] { decode(many + "\xff\xd9"); }).find("more than 500 scans"), std::string::npos);
}

TEST(LooksLikeImage, GoesByMagicNumbers) {
  EXPECT_TRUE(looks_like_image(as_bytes(file("rgb.png"))));
  EXPECT_TRUE(looks_like_image(as_bytes(file("grey.jpg"))));
  EXPECT_FALSE(looks_like_image(as_bytes("\x89PN")));
  EXPECT_FALSE(looks_like_image({}));
}

TEST(EncodePng, IsReadBackAsItWas) {
  for (const int channels : {1, 3}) {
    const Image image = gradient(13, 22, channels);
    const Image again = decode_image(encode_png(image), "x");
    EXPECT_EQ(again.height, 13);
    EXPECT_EQ(again.width, 22);
    EXPECT_EQ(again.channels, channels);
    EXPECT_EQ(again.pixels, image.pixels);
  }
}

TEST(EncodePng, RefusesImagesThatLackPixels) {
  Image image = gradient(4, 4, 3);
  image.pixels.pop_back();
  EXPECT_NE(error_of([&] { encode_png(image); }), "");
  EXPECT_NE(error_of([&] { encode_png(gradient(4, 4, 2)); }), "");
  EXPECT_NE(error_of([&] { encode_png(Image{}); }), "");
}

}  // namespace
}  // namespace gdd
