#include <gtest/gtest.h>

#include "detectors/detector.h"
#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

Image gradient(int height, int width, int channels) {
  Image image{height, width, channels, {}};
  for (int i = 0; i < height * width * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(i * 7));
  return image;
}

TEST(DemoDetector, SaysThatItsNumbersAreNotComparable) {
  EXPECT_EQ(make_demo_detector()->label(), "demo features, not comparable with any published FID");
}

TEST(DemoDetector, HasTheSameWeightsOnEveryMachine) {
  EXPECT_EQ(make_demo_detector()->weights_sha256(),
            "4f5f01e8fdc3bfe072c7b220c46ea2cdacb0b6b87a9a11822ebfb6ee05585201");
}

TEST(DemoDetector, TakesImagesOfAnySize) {
  DetectorRequest request;
  request.probabilities = true;
  const FeatureBlock block = make_demo_detector()->extract(
      batch_of({gradient(32, 32, 3), gradient(7, 90, 3), gradient(64, 64, 1)}), request);
  EXPECT_EQ(block.rows, 3);
  EXPECT_EQ(block.features.size(), 3u * 64u);
  EXPECT_EQ(block.probabilities.size(), 3u * 10u);
  EXPECT_TRUE(block.spatial.empty());
}

TEST(DemoDetector, TellsImagesApart) {
  const FeatureBlock block =
      make_demo_detector()->extract(batch_of({gradient(32, 32, 3), gradient(16, 16, 3)}), {});
  double difference = 0;
  for (std::size_t i = 0; i < 64; ++i) difference += std::abs(block.features[i] - block.features[64 + i]);
  EXPECT_GT(difference, 0.1);
}

TEST(DemoDetector, AnUnknownProtocolIsRefused) {
  const std::string error = testing_support::error_of([] {
    make_demo_detector()->extract(batch_of({gradient(8, 8, 3)}), {"fid", false, false});
  });
  EXPECT_NE(error.find("'fid' is not known"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
