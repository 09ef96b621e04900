// CLIP and DINOv2 in every published layout and under every protocol against what the reference code computes
// (tests/data/vit/make.py).
#include "detectors/vision_transformer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "archive/npz.h"
#include "compute/compute.h"
#include "detectors/detector.h"
#include "detectors/made_weights.h"
#include "detectors/transformer_detector.h"
#include "images/source.h"
#include "support/batch_of.h"

namespace gdd {
namespace {

using testing_support::made_weights;
using testing_support::safetensors_of;

const std::string kFolder = std::string(GDD_TEST_DATA) + "/vit/";
// Of the largest magnitude: three times the largest that was found (AVX-512). Another eps or GELU moves it by
// more.
constexpr double kTolerance = 2e-6;

const NpzReader& golden() {
  static const NpzReader reader(kFolder + "expected.npz");
  return reader;
}

ImageBatch pictures(std::int64_t count = 4) {
  const auto source = open_image_source(kFolder);
  std::vector<Image> images;
  for (std::int64_t i = 0; i < count; ++i) images.push_back(source->read(i));
  return testing_support::batch_of(std::move(images));
}

// torch-fidelity rounds what it loads into convolutions and linear layers to float16, in which OpenAI
// publishes it.
bool is_rounded_by_torch_fidelity(const std::string& name) {
  return name.ends_with("conv1.weight") || name.find(".in_proj_") != std::string::npos ||
         name.find(".out_proj.") != std::string::npos || name.find(".mlp.c_") != std::string::npos;
}

// Of a layout, as safetensors.
std::unique_ptr<Detector> open_layout(const std::string& layout, bool rounded = false) {
  auto weights = made_weights(layout);
  for (auto& tensor : weights)
    if (rounded && is_rounded_by_torch_fidelity(tensor.name))
      for (float& value : tensor.values) value = c10::Half(value);
  const std::string bytes = safetensors_of(weights);
  const StateDict state = Checkpoint::open(as_bytes(bytes), "made").state_dict();
  return make_transformer_detector("0", *find_backbone(state, "made"), state, "made");
}

double distance(const std::vector<float>& found, const std::vector<double>& expected) {
  double largest = 0, apart = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    apart = std::max(apart, std::abs(found[i] - expected[i]));
  }
  return apart / largest;
}

struct Row {
  const char* key;       // in expected.npz: LAYOUT.PROTOCOL, or FILE.PROTOCOL
  const char* detector;  // its name
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.key; }

class Golden : public testing::TestWithParam<Row> {};

TEST_P(Golden, FeaturesAreThoseOfTheReferenceCode) {
  const std::string key = GetParam().key;
  const std::string from = key.substr(0, key.rfind('.')), protocol = key.substr(key.rfind('.') + 1);
  const bool is_file = from.find('.') != std::string::npos;
  const auto detector =
      is_file ? open_detector(kFolder + from) : open_layout(from, protocol == "torch-fidelity");
  EXPECT_EQ(detector->name(), GetParam().detector);
  const NpyArray expected = golden().read(key);
  const FeatureBlock block = detector->extract(pictures(expected.shape()[0]), {protocol, false, false});
  EXPECT_EQ(block.rows, expected.shape()[0]);
  ASSERT_EQ(detector->feature_dim(), expected.shape()[1]);
  ASSERT_EQ(std::ssize(block.features), block.rows * detector->feature_dim());
  EXPECT_LT(distance(block.features, expected.as_float64()), kTolerance);
}

constexpr Row kRows[] = {
    {"clip-openai.clean", "clip-vit128x2-32"},
    {"clip-openai.torch-fidelity", "clip-vit128x2-32"},
    {"clip-hf.clean", "clip-vit128x2-32"},
    {"dinov2.dgm-eval", "dinov2-vit128x2-14"},
    {"dinov2.dgm-eval-clean", "dinov2-vit128x2-14"},
    {"dinov2.edm2", "dinov2-vit128x2-14"},
    {"dinov2-reg4.dgm-eval", "dinov2-vit128x2-14-reg4"},
    {"dinov2-swiglu.dgm-eval", "dinov2-vit128x2-14"},
    {"dinov2-hf.dgm-eval", "dinov2-vit128x2-14"},
    {"dinov2-hf-reg4.dgm-eval", "dinov2-vit128x2-14-reg4"},
    {"dinov2-hf-swiglu.dgm-eval", "dinov2-vit128x2-14"},
    {"dinov2-timm.dgm-eval", "dinov2-vit128x2-14"},
    {"dinov2-timm-reg4.dgm-eval", "dinov2-vit128x2-14-reg4"},
    {"dinov2-timm-swiglu.dgm-eval", "dinov2-vit128x2-14"},
    {"clip-openai.pt.clean", "clip-vit64x1-8-64"},
    {"clip-hf.bin.clean", "clip-vit64x1-8-64"},
    {"dinov2.pth.dgm-eval", "dinov2-vit64x1-8"},
    {"dinov2-timm.safetensors.dgm-eval", "dinov2-vit64x1-8"},
};

INSTANTIATE_TEST_SUITE_P(All, Golden, testing::ValuesIn(kRows), [](const auto& case_info) {
  std::string name = case_info.param.key;
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST(GoldenRows, AreAllThatTheScriptMade) {
  std::set<std::string> tested;
  for (const Row& row : kRows) tested.insert(row.key);
  const std::vector<std::string> made = golden().names();
  EXPECT_EQ(tested, std::set<std::string>(made.begin(), made.end()));
}

TEST(VisionTransformer, ImagesDoNotSeeEachOther) {
  const auto detector = open_layout("dinov2-reg4");
  std::vector<Image> many;
  for (int copy = 0; copy < 3; ++copy)  // more than go through at once
    for (Image& image : pictures().images) many.push_back(std::move(image));
  const FeatureBlock twelve =
      detector->extract(testing_support::batch_of(std::move(many)), {"dgm-eval", false, false});
  const FeatureBlock four = detector->extract(pictures(), {"dgm-eval", false, false});
  for (std::size_t i = 0; i < four.features.size(); ++i)
    EXPECT_NEAR(twelve.features[2 * four.features.size() + i], four.features[i], 1e-5);
}

TEST(VisionTransformer, ReducedLayersAreNear) {
  if (!has_fast_bfloat16(c10::kCPU)) GTEST_SKIP() << "no instructions for bfloat16";
  for (const char* layout : {"clip-openai", "dinov2", "dinov2-swiglu"}) {
    const auto detector = open_layout(layout);
    const std::string protocol = default_protocol(detector->family()).name;
    detector->set_layers(c10::kBFloat16);
    EXPECT_EQ(detector->layers(), c10::kBFloat16);
    const std::vector<double> expected = golden().read(layout + ("." + protocol)).as_float64();
    const double apart = distance(detector->extract(pictures(), {protocol, false, false}).features, expected);
    EXPECT_LT(apart, 0.03) << layout;
    EXPECT_GT(apart, kTolerance) << layout;
    detector->set_layers(c10::kFloat);
    EXPECT_LT(distance(detector->extract(pictures(), {protocol, false, false}).features, expected),
              kTolerance);
  }
}

TEST(VisionTransformer, TellsHowItsPositionsAreResampled) {
  const auto resampling = [](const char* layout) {
    for (const auto& [key, value] : open_layout(layout)->facts())
      if (key == "weights.positions") return value;
    return std::string("nothing");
  };
  EXPECT_EQ(resampling("clip-openai"), "as they are stored");
  EXPECT_EQ(resampling("dinov2"), "positions 37x37 to 16x16 by bicubic, scale 16.1/37");
  EXPECT_EQ(resampling("dinov2-reg4"), "positions 37x37 to 16x16 by bicubic, antialiased");
  EXPECT_EQ(resampling("dinov2-hf"), "positions 37x37 to 16x16 by bicubic");
  EXPECT_EQ(resampling("dinov2-hf-reg4"), "positions 37x37 to 16x16 by bicubic, antialiased");
  EXPECT_EQ(resampling("dinov2-timm"), "positions 37x37 to 16x16 by bicubic, antialiased");
}

// Else statistics of one would be taken for the other's.
TEST(VisionTransformer, ThePreparationSaysItToo) {
  EXPECT_EQ(open_layout("dinov2")->preparation_name("edm2"),
            "torch-bicubic to 224x224, (v / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225); positions "
            "37x37 to "
            "16x16 by bicubic, scale 16.1/37");
  EXPECT_EQ(
      open_layout("clip-hf")->preparation_name("clean"),
      "pil-bicubic-uint8 to 224x224 center-cropped, (v / 255 - (0.481455, 0.457828, 0.408211)) / (0.26863, "
      "0.261303, 0.275777)");
}

TEST(VisionTransformer, HasTheProtocolsOfItsFamilyAlone) {
  const auto clip = open_layout("clip-openai"), dino = open_layout("dinov2");
  EXPECT_EQ(clip->family(), Family::kClip);
  EXPECT_EQ(dino->family(), Family::kDinov2);
  const std::string error = testing_support::error_of([&] { clip->preparation_name("edm"); });
  EXPECT_NE(error.find("'edm' is Inception's, the detector is of CLIP; give one of clean, torch-fidelity"),
            std::string::npos)
      << error;
  EXPECT_NE(testing_support::error_of([&] {
              dino->preparation_name("clean");
            }).find("'clean' is Inception and CLIP's"),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
