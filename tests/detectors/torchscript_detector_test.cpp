// tests/data/detectors/clip.npz holds what Pillow and torchvision make of its images, and the features that
// the network of tiny.pt (the means of a 4x4 grid) gives after CLIP's preprocessing.
#include "detectors/torchscript_detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include "archive/npz.h"
#include "detectors/detector.h"
#include "detectors/resize.h"
#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

const std::string kData = std::string(GDD_TEST_DATA) + "/detectors/";

const NpzReader& golden() {
  static const NpzReader reader(kData + "clip.npz");
  return reader;
}

Image golden_image(const std::string& name) {
  const NpyArray array = golden().read(name);
  return {static_cast<int>(array.shape()[0]), static_cast<int>(array.shape()[1]), 3, array.as_uint8()};
}

class ClipImages : public testing::TestWithParam<const char*> {};

TEST_P(ClipImages, AreResizedAsPillowDoesToTheBit) {
  int compared = 0;
  for (const std::string& name : golden().names()) {
    if (!name.starts_with(std::string(GetParam()) + "_") || name.ends_with("_features")) continue;
    const NpyArray expected = golden().read(name);
    const std::vector<std::uint8_t> wanted = expected.as_uint8();
    std::vector<float> got(wanted.size());
    resize_pil_bicubic_uint8(golden_image(GetParam()), expected.shape()[0], expected.shape()[1], got.data());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], wanted[i]) << name << " value " << i;
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST_P(ClipImages, ReachTheNetworkAsInCleanFid) {
  const auto detector = open_detector(kData + "tiny.pt");
  const FeatureBlock block = detector->extract(batch_of({golden_image(GetParam())}), {});
  const std::vector<double> wanted = golden().read(std::string(GetParam()) + "_features").as_float64();
  ASSERT_EQ(block.features.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(block.features[i], wanted[i], 1e-5);  // means of 3136 numbers, added in another order
}

INSTANTIATE_TEST_SUITE_P(All, ClipImages, testing::Values("tall", "wide", "large", "odd"),
                         [](const auto& case_info) { return std::string(case_info.param); });

TEST(TorchScriptDetector, SaysWhatItsFeaturesAre) {
  const auto detector = open_detector(kData + "tiny.pt");
  EXPECT_EQ(detector->name(), "tiny");
  EXPECT_EQ(detector->feature_dim(), 48);
  EXPECT_NE(detector->label().find("pil-bicubic-uint8 to 224x224 center-cropped"), std::string::npos)
      << detector->label();
  EXPECT_NE(detector->label().find("not Inception's"), std::string::npos);
}

// A copy of the network with a description of its own.
class DescribedNetwork : public testing::Test {
 protected:
  std::unique_ptr<Detector> open(const std::string& description) {
    std::filesystem::copy_file(kData + "tiny.pt", path(), std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder_ / "net.pt.json") << description;
    return open_detector(path());
  }
  std::string error_of(const std::string& description) {
    return testing_support::error_of([&] { open(description); });
  }
  std::string path() const { return folder_ / "net.pt"; }

  testing_support::TemporaryFolder folder_;
};

TEST_F(DescribedNetwork, GetsImagesInTheStatedRange) {
  const auto detector = open(
      R"({"name": "net", "input_size": 4, "resize": "tf1-bilinear", "range": [-1, 1], "mean": 0.5, "std": [1, 2, 4]})");
  const FeatureBlock block = detector->extract(batch_of({{4, 4, 3, std::vector<std::uint8_t>(48, 255)}}), {});
  ASSERT_EQ(block.features.size(), 48u);
  EXPECT_FLOAT_EQ(block.features[0], 0.5f);  // 255 is 1, less 0.5
  EXPECT_FLOAT_EQ(block.features[16], 0.25f);
  EXPECT_FLOAT_EQ(block.features[32], 0.125f);
}

TEST_F(DescribedNetwork, ADescriptionThatIsNoneIsRefused) {
  EXPECT_NE(error_of("[1]").find("net.pt.json: expected a JSON object"), std::string::npos);
  EXPECT_NE(error_of("{").find("expected a JSON object"), std::string::npos);
  EXPECT_NE(error_of("{}").find("`name`"), std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n"})").find("`input_size`"), std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n\u001b[2J", "preset": "clip"})").find("printable bytes"),
            std::string::npos);
  EXPECT_NE(
      error_of(R"({"name": ")" + std::string(60000, 'n') + R"(", "preset": "clip"})").find("printable bytes"),
      std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n", "size": 3})").find("'size' is not known"), std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n", "preset": "dino"})").find("`preset`"), std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n", "input_size": 8, "resize": "lanczos"})").find("one of tf1-bilinear"),
            std::string::npos);
  EXPECT_NE(
      error_of(R"({"name": "n", "input_size": 99999, "resize": "tf1-bilinear"})").find("from 1 to 4096"),
      std::string::npos);
  EXPECT_NE(
      error_of(R"({"name": "n", "input_size": 8, "resize": "tf1-bilinear", "std": 0})").find("`std` above 0"),
      std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n", "input_size": 8, "resize": "tf1-bilinear", "range": [1, 1]})")
                .find("low below high"),
            std::string::npos);
}

TEST_F(DescribedNetwork, AFileThatIsNoTorchScriptIsRefused) {
  std::ofstream(folder_ / "text.pt") << "no archive";
  std::ofstream(folder_ / "text.json") << R"({"name": "n", "preset": "clip"})";
  const std::string error = testing_support::error_of([&] { open_detector(folder_ / "text.pt"); });
  EXPECT_NE(error.find("not a TorchScript file"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
