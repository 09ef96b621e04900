// Images that a GPU holds: brought to the CPU, resized and measured there.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "compute/compute_scope.h"
#include "compute/host_copy.h"
#include "detectors/detector.h"
#include "detectors/inception_v3.h"
#include "detectors/preparation.h"
#include "detectors/stream_weights.h"
#include "gpu/on_a_gpu.h"

namespace gdd {
namespace {

class CopyToHostOnAGpu : public testing_support::OnAGpu {};
class DeviceResizeOnAGpu : public testing_support::OnAGpu {};
class ImagesOnAGpu : public testing_support::OnAGpu {};

at::Tensor random_pixels(std::int64_t height, std::int64_t width) {
  return at::randint(0, 256, {4, height, width, 3}, at::detail::createCPUGenerator(11), at::kByte);
}

Preparation preparation_of(const char* resize, bool crop) {
  Preparation preparation;
  preparation.resize = resize;
  preparation.center_crop = crop;
  preparation.scaling = {255, {0.48F, 0.45F, 0.4F}, {0.26F, 0.27F, 0.28F}};
  return preparation;
}

TEST_F(CopyToHostOnAGpu, IsComplete) {
  const at::Tensor there = at::arange(1 << 24, at::TensorOptions().dtype(at::kInt).device(gpu_));
  const at::Tensor here = copy_to_host(there.add(7));
  EXPECT_TRUE(here.is_cpu() && here.is_pinned());
  EXPECT_TRUE(here.equal(at::arange(7, 7 + (1 << 24), at::kInt)));
}

// Bilinear to the bit: no kernel holds both a product and a sum.
TEST_F(DeviceResizeOnAGpu, IsThatOfTheCpu) {
  for (const char* resize : {"tf1-bilinear", "half-pixel-bilinear", "pil-bicubic"})
    for (const bool crop : {false, true})
      for (const auto& [height, width] : {std::pair{32, 32}, std::pair{512, 340}}) {
        const at::Tensor pixels = random_pixels(height, width);
        const Preparation preparation = preparation_of(resize, crop);
        const at::Tensor expected = prepare_pixels(pixels, preparation);
        const at::Tensor found = prepare_pixels(pixels.to(gpu_), preparation);
        EXPECT_EQ(found.device(), gpu_);
        const double apart = (found.cpu() - expected).abs().max().item<double>();
        EXPECT_LE(apart, std::string(resize) == "pil-bicubic" ? 1e-6 : 0) << resize << height << crop;
      }
}

TEST_F(ImagesOnAGpu, HaveTheFeaturesOfThoseOnTheCpu) {
  ImageBatch batch;
  batch.pixels = random_pixels(48, 48);
  const auto detector = make_demo_detector();
  const ComputeScope scope({.tf32 = false});
  const std::vector<float> on_cpu = detector->extract(batch, {}).features;
  detector->to(gpu_);
  const std::vector<float> carried = detector->extract(batch, {}).features;
  batch.device_pixels = batch.pixels.to(gpu_);
  const std::vector<float> stayed = detector->extract(batch, {}).features;
  ASSERT_EQ(stayed.size(), on_cpu.size());
  for (std::size_t i = 0; i < stayed.size(); ++i) {
    EXPECT_NEAR(stayed[i], carried[i], 1e-6);
    EXPECT_NEAR(stayed[i], on_cpu[i], 1e-4);
  }
}

// The network itself, of images that lie there and of those that are carried there, in all that it gives.
TEST_F(ImagesOnAGpu, HaveTheInceptionFeaturesOfTheCpu) {
  ImageBatch batch;
  batch.pixels = random_pixels(32, 32);
  const auto detector = make_inception_detector("", testing_support::stream_weights());
  const ComputeScope scope({.tf32 = false, .deterministic = true});
  const DetectorRequest request{"edm", true, true};
  const FeatureBlock on_cpu = detector->extract(batch, request);
  detector->to(gpu_);
  const FeatureBlock carried = detector->extract(batch, request);
  batch.device_pixels = batch.pixels.to(gpu_);
  const FeatureBlock stayed = detector->extract(batch, request);
  EXPECT_EQ(carried.features, stayed.features);
  EXPECT_EQ(carried.spatial, stayed.spatial);
  EXPECT_EQ(carried.probabilities, stayed.probabilities);
  const auto apart = [](const std::vector<float>& found, const std::vector<float>& expected) {
    const at::Tensor a = at::tensor(found, at::kDouble), b = at::tensor(expected, at::kDouble);
    return ((a - b).norm() / b.norm()).item<double>();
  };
  for (const auto& [layers, bound] :
       {std::pair{at::kFloat, 1e-5}, {at::kHalf, 1e-2}, {at::kBFloat16, 5e-2}}) {
    detector->set_layers(layers);
    const FeatureBlock found = detector->extract(batch, request);
    std::printf("%s: features apart by %.2g, spatial by %.2g\n", c10::toString(layers),
                apart(found.features, on_cpu.features), apart(found.spatial, on_cpu.spatial));
    EXPECT_LE(apart(found.features, on_cpu.features), bound);
    EXPECT_LE(apart(found.spatial, on_cpu.spatial), bound);
    EXPECT_LE(apart(found.probabilities, on_cpu.probabilities), bound);
  }
}

}  // namespace
}  // namespace gdd
