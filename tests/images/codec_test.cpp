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

// Grey pictures may come as three equal channels.
std::vector<std::uint8_t> as_colour(const std::vector<std::uint8_t>& pixels, bool grey) {
  if (!grey) return pixels;
  std::vector<std::uint8_t> colour;
  for (const std::uint8_t pixel : pixels) colour.insert(colour.end(), 3, pixel);
  return colour;
}

void expect_pillows_pixels(const std::string& name) {
  const NpyArray pixels = NpzReader(GDD_TEST_DATA "/images/expected.npz").read(name);
  const Image image = decode(file(name));
  EXPECT_EQ(image.height, pixels.shape().at(0));
  EXPECT_EQ(image.width, pixels.shape().at(1));
  EXPECT_EQ(as_colour(image.pixels, image.channels == 1),
            as_colour(pixels.as_uint8(), pixels.shape().size() == 2));
}

TEST_P(DecodeImage, GivesPillowsPixels) { expect_pillows_pixels(GetParam()); }

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
                                           "17x2.jpg", "restart.jpg", "cmyk.jpg"));
INSTANTIATE_TEST_SUITE_P(Png, DecodeImage,
                         ::testing::Values("rgb.png", "grey.png", "rgba.png", "grey-alpha.png", "palette.png",
                                           "palette-2bit.png", "1bit.png", "rgb16.png", "grey16.png",
                                           "grey4.png", "interlaced.png"));
INSTANTIATE_TEST_SUITE_P(WebP, DecodeImage, ::testing::Values("lossy.webp", "lossless.webp", "alpha.webp"));
INSTANTIATE_TEST_SUITE_P(Tiff, DecodeImage,
                         ::testing::Values("strips.tif", "rgba.tif", "palette.tif", "cmyk.tif", "ycbcr.tif",
                                           "ycbcr-lzw.tif", "jpeg.tif", "turned-2.tif", "turned-3.tif",
                                           "turned-4.tif", "turned-5.tif", "turned-6.tif", "turned-7.tif",
                                           "turned-8.tif", "rgb16.tif", "associated.tif", "planes.tif",
                                           "tiles.tif", "white-is-0.tif", "grey16.tif"));
INSTANTIATE_TEST_SUITE_P(Gif, DecodeImage, ::testing::Values("palette.gif", "interlaced.gif", "grey.gif"));
INSTANTIATE_TEST_SUITE_P(Bmp, DecodeImage,
                         ::testing::Values("rgb.bmp", "rgba.bmp", "palette.bmp", "1bit.bmp", "rgb555.bmp",
                                           "rgb565.bmp", "masks.bmp", "top-down.bmp", "4bit.bmp"));
INSTANTIATE_TEST_SUITE_P(Pnm, DecodeImage, ::testing::Values("rgb.ppm", "grey.pgm", "1bit.pbm", "wide.ppm"));

// Formats whose files may end early and still be whole: behind the first frame, before zeros, within a
// number.
class DecodeOpenEndedImage : public ::testing::TestWithParam<const char*> {};

TEST_P(DecodeOpenEndedImage, GivesPillowsPixels) { expect_pillows_pixels(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Files, DecodeOpenEndedImage,
                         ::testing::Values("animated.webp", "animated.gif", "small-frame.gif", "grey.tif",
                                           "pages.tif", "fax.tif", "os2.bmp", "rle8.bmp", "rle4.bmp",
                                           "text.pbm", "text.pgm", "text.ppm", "extraneous.jpg"));

TEST(DecodeImage, SaysWhatItLeavesOut) {
  EXPECT_TRUE(decode(file("grey16.png")).deep_grey);
  EXPECT_TRUE(decode(file("grey16.tif")).deep_grey);
  EXPECT_FALSE(decode(file("rgb16.png")).deep_grey);
  for (const char* name : {"animated.webp", "animated.gif", "pages.tif"})
    EXPECT_TRUE(decode(file(name)).first_of_many) << name;
  for (const char* name : {"lossy.webp", "grey.gif", "strips.tif"})
    EXPECT_FALSE(decode(file(name)).first_of_many) << name;
  for (const char* name : {"rgba.png", "alpha.webp", "rgba.tif", "small-frame.gif", "masks.bmp"})
    EXPECT_TRUE(decode(file(name)).alpha_dropped) << name;
  for (const char* name : {"rgb.png", "lossy.webp", "strips.tif", "cmyk.tif", "grey.gif", "rgb.bmp"})
    EXPECT_FALSE(decode(file(name)).alpha_dropped) << name;
}

// A decoder asks before it takes memory, and stops where it is not admitted.
TEST(DecodeImage, AsksForItsMemoryFirst) {
  for (const char* name :
       {"rgb.png", "s0.jpg", "lossy.webp", "strips.tif", "palette.gif", "rgb.bmp", "rgb.ppm"}) {
    std::uint64_t asked = 0;
    decode_image(as_bytes(file(name)), "x", [&](std::uint64_t bytes) { asked += bytes; });
    EXPECT_GE(asked, 35u * 21 * 3) << name;
    const std::string error = error_of(
        [&] { decode_image(as_bytes(file(name)), "x", [](std::uint64_t) { throw Error("x", "no room"); }); });
    EXPECT_NE(error.find("no room"), std::string::npos) << name;
  }
}

TEST(DecodeImageErrors, NameTheFileAndWhatIsWrong) {
  const std::string jpeg = file("s2.jpg"), png = file("rgb.png");
  EXPECT_NE(error_of([&] { decode(jpeg.substr(0, jpeg.size() / 2)); }).find("x: Premature end of JPEG file"),
            std::string::npos);
  EXPECT_NE(error_of([&] { decode(png.substr(0, png.size() / 2)); }).find("x: unexpected end of the file"),
            std::string::npos);
  EXPECT_NE(
      error_of([&] { decode("GIF88a"); }).find("expected an image (PNG, JPEG, WebP, TIFF, GIF, BMP, PPM)"),
      std::string::npos);
  EXPECT_NE(error_of([&] { decode("<!DOCTYPE html>"); }).find("found a web page"), std::string::npos);
}

std::string png_chunk(const std::string& kind, std::uint32_t length, const std::string& data) {
  std::string chunk;
  for (int shift = 24; shift >= 0; shift -= 8) chunk += static_cast<char>(length >> shift);
  return chunk + kind + data;
}

// Texts and profiles are passed over, whatever they say of themselves; a length beyond the file is an end of
// the file.
TEST(DecodeImage, PassesOverChunksThatSayNothingOfPixels) {
  const std::string png = file("rgb.png");
  const std::size_t header_end = 8 + 25;
  for (const char* kind : {"tEXt", "zTXt", "iTXt", "iCCP", "eXIf"}) {
    std::string with = png;
    with.insert(header_end, png_chunk(kind, 6, "k" + std::string(2, '\0') + "abc") + std::string(4, '\0'));
    EXPECT_EQ(decode(with).pixels, decode(png).pixels) << kind;
    const std::string endless = png.substr(0, header_end) + png_chunk(kind, 0x7fffffff, "x");
    EXPECT_NE(error_of([&] { decode(endless); }).find("unexpected end of the file"), std::string::npos)
        << kind;
  }
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
  EXPECT_NE(error_of([&] { decode(many + "\xff\xd9"); }).find("more than 100 scans"), std::string::npos);
}

TEST(LooksLikeImage, GoesByMagicNumbers) {
  EXPECT_TRUE(looks_like_image(as_bytes(file("rgb.png"))));
  EXPECT_TRUE(looks_like_image(as_bytes(file("grey.jpg"))));
  for (const char* name : {"lossy.webp", "strips.tif", "grey.gif", "rgb.bmp", "rgb.ppm"})
    EXPECT_TRUE(looks_like_image(as_bytes(file(name)))) << name;
  for (const char* text : {"\x89PN", "BM is a text, not a bitmap", "RIFF....WAVE", "P7 ", "GIF"})
    EXPECT_FALSE(looks_like_image(as_bytes(text))) << text;
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
