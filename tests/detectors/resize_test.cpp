#include "detectors/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "archive/npz.h"

namespace gdd {
namespace {

const NpzReader& golden() {
  static const NpzReader reader(std::string(GDD_TEST_DATA) + "/detectors/resize.npz");
  return reader;
}

Image golden_image(const std::string& name) {
  const NpyArray array = golden().read(name);
  return {static_cast<int>(array.shape()[0]), static_cast<int>(array.shape()[1]), 3, array.as_uint8()};
}

using Resize = void (*)(const ImageView&, const Extent&, const Extent&, float*);

double largest_difference(Resize resize, const std::string& name, const std::string& kind) {
  const NpyArray expected = golden().read(name + "_" + kind);
  const std::vector<double> wanted = expected.as_float64();
  std::vector<float> got(wanted.size());
  resize(golden_image(name), expected.shape()[0], expected.shape()[1], got.data());
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    largest = std::max(largest, double{std::abs(got[i] - wanted[i])});
  return largest;
}

// Sizes that grow, shrink, do both, stay, and start from a single pixel.
class Resizing : public testing::TestWithParam<const char*> {};

TEST_P(Resizing, TensorFlow1ToTheBit) {
  EXPECT_EQ(largest_difference(resize_tf1_bilinear, GetParam(), "tf1"), 0);
}

TEST_P(Resizing, HalfPixelAsTorch) {
  EXPECT_LT(largest_difference(resize_half_pixel_bilinear, GetParam(), "half_pixel"), 1e-4);
}

// Pillow's windows too, but not clipped.
TEST_P(Resizing, TorchsBicubicIsPillowsWhereThatIsNotClipped) {
  const NpyArray expected = golden().read(std::string(GetParam()) + "_pil");
  const std::vector<double> pillow = expected.as_float64();
  std::vector<float> got(pillow.size());
  resize_torch_bicubic(golden_image(GetParam()), expected.shape()[0], expected.shape()[1], got.data());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(std::clamp(got[i], 0.0F, 255.0F), pillow[i]);
}

TEST(Resize, TorchsBicubicIsNotClipped) {
  Image image{2, 2, 3, {255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0}};
  std::vector<float> got(8 * 8 * 3);
  resize_torch_bicubic(image, 8, 8, got.data());
  EXPECT_GT(*std::max_element(got.begin(), got.end()), 255.5F);
  EXPECT_LT(*std::min_element(got.begin(), got.end()), -0.5F);
}

TEST_P(Resizing, BicubicAsPillowToTheBit) {
  EXPECT_EQ(largest_difference(resize_pil_bicubic, GetParam(), "pil"), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Resizing, testing::Values("up", "down", "mixed", "same", "one"),
                         [](const auto& case_info) { return std::string(case_info.param); });

// Nothing but the wanted part is computed: a side of 224 * 65500 would not fit into memory as a whole.
TEST_P(Resizing, APartIsThatOfTheWholeToTheBit) {
  const Image image = golden_image(GetParam());
  for (const Resize resize : {resize_tf1_bilinear, resize_half_pixel_bilinear, resize_pil_bicubic,
                              resize_torch_bicubic, resize_pil_bicubic_uint8})
    for (const std::int64_t height : {std::int64_t{31}, std::int64_t{image.height} + 6})
      for (const std::int64_t width : {std::int64_t{29}, std::int64_t{image.width}}) {
        const std::int64_t top = height / 3, left = width / 4, rows = height / 2, columns = width - left;
        std::vector<float> whole(static_cast<std::size_t>(height * width * 3));
        std::vector<float> part(static_cast<std::size_t>(rows * columns * 3));
        resize(image, height, width, whole.data());
        resize(image, {height, top, rows}, {width, left, columns}, part.data());
        for (std::int64_t y = 0; y < rows; ++y)
          for (std::int64_t i = 0; i < columns * 3; ++i)
            ASSERT_EQ(part[static_cast<std::size_t>(y * columns * 3 + i)],
                      whole[static_cast<std::size_t>(((top + y) * width + left) * 3 + i)]);
      }
}

TEST(Resize, AGreyImageGivesThreeEqualChannels) {
  const Image grey{2, 2, 1, {0, 50, 100, 200}};
  for (const Resize resize : {resize_tf1_bilinear, resize_half_pixel_bilinear, resize_pil_bicubic}) {
    std::vector<float> out(3 * 3 * 3);
    resize(grey, 3, 3, out.data());
    for (std::size_t i = 0; i < out.size(); i += 3) {
      EXPECT_EQ(out[i], out[i + 1]);
      EXPECT_EQ(out[i], out[i + 2]);
    }
  }
}

}  // namespace
}  // namespace gdd
