// Features of images that lie on a device already, with the CPU as the device: a batch that says so goes
// through the device's own resize.
#include "detectors/batch_preparation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "detectors/detector.h"
#include "detectors/inception_v3.h"
#include "detectors/stream_weights.h"

namespace gdd {
namespace {

ImageBatch random_batch(std::int64_t count, std::int64_t size) {
  ImageBatch batch;
  batch.pixels = at::randint(0, 256, {count, size, size, 3}, at::detail::createCPUGenerator(3), at::kByte);
  return batch;
}

ImageBatch on_device(ImageBatch batch) {
  batch.device_pixels = batch.pixels;
  return batch;
}

void expect_equal_features(const Detector& detector, const ImageBatch& batch, const char* protocol) {
  const DetectorRequest request{protocol, true, true};
  const FeatureBlock expected = detector.extract(batch, request),
                     found = detector.extract(on_device(batch), request);
  EXPECT_EQ(found.rows, batch.size());
  EXPECT_EQ(found.rows, expected.rows);
  EXPECT_EQ(found.features, expected.features);
  EXPECT_EQ(found.spatial, expected.spatial);
  EXPECT_EQ(found.probabilities, expected.probabilities);
}

TEST(ImagesOnADevice, HaveTheSameDemoFeatures) {
  for (const char* protocol : {"edm", "pytorch-fid"})
    expect_equal_features(*make_demo_detector(), random_batch(5, 48), protocol);
}

// More than one chunk.
TEST(ImagesOnADevice, HaveTheSameInceptionFeatures) {
  const auto detector = make_inception_detector("", testing_support::stream_weights());
  expect_equal_features(*detector, random_batch(kInceptionChunk + 1, 32), "edm");
}

TEST(ImagesOnADevice, AreTakenFromThere) {
  ImageBatch batch = random_batch(2, 48), inverse = batch;
  batch.device_pixels = inverse.pixels = 255 - batch.pixels;
  const auto detector = make_demo_detector();
  EXPECT_EQ(detector->extract(batch, {}).features, detector->extract(inverse, {}).features);
}

TEST(ImagesOnADevice, AreTakenFromTheCpuWhereTheNetworkOrTheResizeWantsThat) {
  ImageBatch batch = random_batch(2, 48);
  Preparation preparation;
  const at::Tensor expected = prepare_images(batch.views(), preparation);
  batch.device_pixels = at::empty_like(batch.pixels, batch.pixels.options().device(at::kMeta));
  EXPECT_TRUE(BatchPreparation(batch, preparation, at::kCPU).images(0, 2).equal(expected));

  preparation.resize = "pil-bicubic-uint8";
  const at::Tensor rounded = prepare_images(batch.views(), preparation);
  batch.device_pixels = 255 - batch.pixels;
  EXPECT_TRUE(BatchPreparation(batch, preparation, at::kCPU).images(1, 1).equal(rounded.slice(0, 1)));
}

TEST(ImagesFromFiles, ArePreparedOnADeviceAsOnTheCpu) {
  std::vector<Image> images;
  for (const auto& [height, width, channels] :
       {std::array{20, 30, 3}, {20, 30, 3}, {20, 30, 1}, {48, 48, 3}, {20, 30, 3}}) {
    Image image{height, width, channels, {}};
    for (int i = 0; i < height * width * channels; ++i)
      image.pixels.push_back(static_cast<std::uint8_t>(i * (7 + std::ssize(images)) % 251));
    images.push_back(image);
  }
  const std::vector<ImageView> views(images.begin(), images.end());
  for (const bool crop : {false, true}) {
    Preparation preparation;
    preparation.center_crop = crop;
    const at::Tensor found = prepare_on_device(views, preparation, at::kCPU);
    EXPECT_TRUE(found.equal(prepare_images(views, preparation)));
    EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace
}  // namespace gdd
