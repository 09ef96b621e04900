// The kernels for a device against the scalar ones, with the CPU as the device.
#include "detectors/device_resize.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "batches/image_batch.h"
#include "detectors/preparation.h"
#include "gdd/error.h"

namespace gdd {
namespace {

struct Size {
  std::int64_t height, width;
};

at::Tensor random_pixels(Size size, std::int64_t channels) {
  return at::randint(0, 256, {3, size.height, size.width, channels}, at::detail::createCPUGenerator(7),
                     at::kByte);
}

// By the scalar kernel, [N, 3, size, size].
at::Tensor scalar_images(const at::Tensor& pixels, const Preparation& preparation) {
  ImageBatch batch;
  batch.pixels = pixels;
  return prepare_images(batch.views(), preparation);
}

Preparation preparation_of(const std::string& resize, std::int64_t size, bool crop) {
  Preparation preparation;
  preparation.resize = resize;
  preparation.size = size;
  preparation.center_crop = crop;
  // 255 is no power of two: its reciprocal is rounded.
  preparation.scaling = {255, {0.48F, 0.45F, 0.4F}, {0.26F, 0.27F, 0.28F}};
  return preparation;
}

using Case = std::tuple<const char*, Size, bool>;

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const auto& [resize, size, crop] = info.param;
  std::string name = resize;
  std::erase(name, '-');
  return name + "_" + std::to_string(size.height) + "x" + std::to_string(size.width) + (crop ? "_crop" : "");
}

class DeviceResize : public testing::TestWithParam<Case> {};

TEST_P(DeviceResize, GivesWhatTheScalarKernelGives) {
  const auto& [resize, size, crop] = GetParam();
  const bool to_the_bit = std::string(resize).find("bicubic") == std::string::npos;
  for (const std::int64_t wanted : {std::int64_t{299}, std::int64_t{32}})
    for (const std::int64_t channels : {std::int64_t{3}, std::int64_t{1}}) {
      const at::Tensor pixels = random_pixels(size, channels);
      const Preparation preparation = preparation_of(resize, wanted, crop);
      const at::Tensor expected = scalar_images(pixels, preparation),
                       found = prepare_pixels(pixels, preparation);
      ASSERT_EQ(found.sizes(), expected.sizes());
      EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
      if (to_the_bit)
        EXPECT_TRUE(found.equal(expected)) << (found - expected).abs().max().item<double>();
      else  // 4e-5 of 255, scaled
        EXPECT_LE((found - expected).abs().max().item<double>(), 1e-6);
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, DeviceResize,
    testing::Combine(testing::Values("tf1-bilinear", "half-pixel-bilinear", "pil-bicubic", "torch-bicubic"),
                     testing::Values(Size{32, 32}, Size{299, 299}, Size{512, 340}, Size{17, 61}, Size{1, 5}),
                     testing::Bool()),
    case_name);

TEST(DeviceResize, RefusesAKernelWithoutSuchAForm) {
  EXPECT_FALSE(has_device_resize("pil-bicubic-uint8"));
  EXPECT_THROW(device_resize("pil-bicubic-uint8", random_pixels({4, 4}, 3), 8, 8), Error);
}

}  // namespace
}  // namespace gdd
