#include "detectors/inception_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoints/checkpoint.h"
#include "detectors/detector.h"
#include "detectors/inception_layers.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

const std::string kFolder = std::string(GDD_TEST_DATA) + "/detectors/";

// The files hold every tensor under its right name, but small: convolutions [2, 1, kh, kw], norms [2].
InceptionWeights read_unchecked(const std::string& name) {
  const SharedFile file = map_file(kFolder + name);
  if (name.ends_with(".pb")) return read_graph_weights(parse_graph_def(file->bytes(), file->path()));
  const Checkpoint checkpoint = Checkpoint::open(file);
  return name.ends_with(".pth") ? read_torchvision_weights(checkpoint) : read_nvidia_weights(checkpoint);
}

float only_value(const at::Tensor& tensor) {
  EXPECT_TRUE(tensor.eq(tensor.flatten()[0]).all().item<bool>());
  return tensor.flatten()[0].item<float>();
}

class WeightFile : public testing::TestWithParam<const char*> {};

// Tensor k holds nothing but the number k, so a layer under a wrong name cannot hide.
TEST_P(WeightFile, PutsEveryTensorUnderItsGraphName) {
  const InceptionWeights weights = read_unchecked(GetParam());
  float k = 1;
  for (const InceptionLayer& layer : inception_layers()) {
    const std::string name = layer.tf_name;
    for (const char* part :
         {"/conv2d_params", "/batchnorm/beta", "/batchnorm/moving_mean", "/batchnorm/moving_variance"})
      EXPECT_EQ(only_value(weights.at(name + part)), k++) << name << part;
  }
  EXPECT_EQ(only_value(weights.at("softmax/weights")), 1000);
}

TEST_P(WeightFile, GivesTorchsLayout) {
  const InceptionWeights weights = read_unchecked(GetParam());
  EXPECT_EQ(weights.at("mixed_4/tower/conv_1/conv2d_params").sizes(), at::IntArrayRef({2, 1, 1, 7}));
  EXPECT_EQ(weights.at("mixed_9/tower/mixed/conv_1/conv2d_params").sizes(), at::IntArrayRef({2, 1, 3, 1}));
  EXPECT_EQ(weights.at("softmax/weights").sizes(), at::IntArrayRef({2, 3}));
}

// Recognised by content, every name known, none missing: only the shapes are found fault with.
TEST_P(WeightFile, IsRecognisedAndItsShapesAreChecked) {
  const std::string error = error_of([&] { read_inception_weights(map_file(kFolder + GetParam())); });
  EXPECT_NE(error.find("weights are of another shape"), std::string::npos) << error;
  EXPECT_EQ(error.find("missing"), std::string::npos) << error;
  EXPECT_EQ(error.find("unknown"), std::string::npos) << error;
}

TEST_P(WeightFile, IsRefusedWhenCutShort) {
  const TemporaryFolder folder;
  const std::string whole = read_text(kFolder + GetParam());
  write_text(folder / "cut", whole.substr(0, whole.size() - whole.size() / 3));
  const std::string error = error_of([&] { read_inception_weights(map_file(folder / "cut")); });
  EXPECT_NE(error.find(folder / "cut"), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(All, WeightFile,
                         testing::Values("constants.pth", "constants-legacy.pth", "constants.pkl",
                                         "constants.pt", "constants.pb"),
                         [](const auto& case_info) {
                           std::string name = case_info.param;
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return name;
                         });

TEST(InceptionWeights, AGammaThatTheGraphDoesNotScaleByIsLeftOut) {
  const InceptionWeights weights = read_unchecked("constants.pb");
  EXPECT_FALSE(weights.contains("conv/batchnorm/gamma"));
}

TEST(InceptionWeights, NamesWhatIsMissingUnknownAndMisshapen) {
  InceptionWeights weights;
  for (const InceptionLayer& layer : inception_layers()) {
    const std::string name = layer.tf_name;
    weights[name + "/conv2d_params"] =
        at::zeros({layer.out_channels, layer.in_channels, layer.kernel_height, layer.kernel_width});
    for (const char* part : {"beta", "moving_mean", "moving_variance"})
      weights[name + "/batchnorm/" + part] = at::zeros({layer.out_channels});
  }
  weights["softmax/weights"] = at::zeros({kInceptionClasses, kInceptionFeatures});
  EXPECT_NO_THROW(check_inception_weights(weights, "w.pth"));

  weights.erase("conv_1/batchnorm/beta");
  weights["mixed_11/conv/conv2d_params"] = at::zeros({1});
  weights["conv/conv2d_params"] = at::zeros({32, 3, 5, 5});
  const std::string error = error_of([&] { check_inception_weights(weights, "w.pth"); });
  EXPECT_NE(error.find("w.pth: "), std::string::npos);
  EXPECT_NE(error.find("1 weight is missing (conv_1/batchnorm/beta)"), std::string::npos) << error;
  EXPECT_NE(error.find("1 weight is unknown (mixed_11/conv/conv2d_params)"), std::string::npos) << error;
  EXPECT_NE(error.find("conv/conv2d_params [32, 3, 5, 5], not [32, 3, 3, 3]"), std::string::npos) << error;
}

TEST(InceptionWeights, OtherFilesAreRefusedWithWhatIsWanted) {
  const TemporaryFolder folder;
  write_text(folder / "readme.txt", "not weights");
  const std::string error = error_of([&] { open_detector(folder / "readme.txt"); });
  EXPECT_NE(error.find("not a pickle, torch archive or TensorFlow graph"), std::string::npos) << error;
  EXPECT_NE(error.find("inception-2015-12-05.pkl"), std::string::npos) << error;
}

TEST(InceptionWeights, ASnapshotOfAGeneratorIsNoDetector) {
  const std::string demo = std::string(GDD_TEST_DATA) + "/../../all_ckpt/gdd-demo.pkl";
  const std::string error = error_of([&] { open_detector(demo); });
  EXPECT_NE(error.find("found a snapshot of a generator"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
