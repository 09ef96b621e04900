#include "detectors/inception_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "archive/zip_writer.h"
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

TEST(InceptionWeights, NamesWhatIsNotFinite) {
  InceptionWeights weights;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    weights["softmax/weights"] = at::zeros({kInceptionClasses, kInceptionFeatures});
    weights["softmax/weights"][7][9] = bad;
    const std::string error = error_of([&] { check_inception_weights(weights, "w.pth"); });
    EXPECT_NE(error.find("1 weight is not finite (softmax/weights)"), std::string::npos) << error;
  }
}

// A state dict in torch's zip whose tensors are views of one storage of `elements`.
class SharedStorage : public testing::Test {
 protected:
  static std::string number(std::int64_t value) {
    return "J" + std::string(reinterpret_cast<const char*>(&value), 4);
  }
  static std::string text(const std::string& value) {
    return "X" + number(static_cast<std::int64_t>(value.size())).substr(1) + value;
  }
  InceptionWeights read(const std::vector<std::string>& names, std::int64_t elements,
                        const std::string& storage_class = "FloatStorage", std::size_t item = 4) {
    std::string pickle = "\x80\x02}(";
    for (const std::string& name : names)
      pickle += text(name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" +
                storage_class + "\n" + text("0") + text("cpu") + number(elements) + "NtQ" + number(0) + "(" +
                number(elements) + "t(" + number(1) + "t\x89NtR";
    ZipWriter zip(folder_ / "w.pth");
    zip.add("a/data.pkl", as_bytes(pickle + "u."));
    zip.add("a/data/0", as_bytes(std::string(static_cast<std::size_t>(elements) * item, '\0')));
    zip.commit();
    return read_torchvision_weights(Checkpoint::open(folder_ / "w.pth"));
  }
  TemporaryFolder folder_;
};

TEST_F(SharedStorage, IsCopiedOnlyWhereItCouldBeRight) {
  std::vector<std::string> names = {"Conv2d_1a_3x3.bn.bias", "fc.weight"};
  for (int i = 0; i < 100; ++i) names.push_back("w" + std::to_string(i));
  const InceptionWeights weights = read(names, 1000);
  EXPECT_EQ(weights.size(), names.size());
  EXPECT_TRUE(weights.at("softmax/weights").is_cpu());
  EXPECT_TRUE(weights.at("conv/batchnorm/beta").is_meta());  // has 32 elements in truth
  EXPECT_TRUE(weights.at("w0").is_meta());
  EXPECT_EQ(weights.at("w0").sizes(), at::IntArrayRef({1000}));
}

TEST_F(SharedStorage, OfIntegersIsRefusedByTheWeightsName) {
  const std::string error = error_of([&] { read({"Conv2d_1a_3x3.bn.bias"}, 32, "LongStorage", 8); });
  EXPECT_NE(error.find("w.pth: expected weight conv/batchnorm/beta in floating point, found int64"),
            std::string::npos)
      << error;
  EXPECT_NO_THROW(read({"Conv2d_1a_3x3.bn.num_batches_tracked"}, 1, "LongStorage", 8));
}

TEST_F(SharedStorage, UnderTorchvisionsNamesIsToldByTheFirstThatIsMissing) {
  read({"Conv2d_1a_3x3.bn.running_mean", "Conv2d_1a_3x3.bn.running_var"}, 32);
  const std::string error = error_of([&] { read_inception_weights(map_file(folder_ / "w.pth")); });
  EXPECT_NE(error.find("missing (conv/batchnorm/beta, conv/conv2d_params,"), std::string::npos) << error;
  EXPECT_EQ(error.find("unknown"), std::string::npos) << error;
}

TEST_F(SharedStorage, HasItsNamesMadePrintable) {
  read({"Conv2d_1a_3x3.bn.running_mean", "w\x1b[2J\nx"}, 32);
  const std::string error = error_of([&] { read_inception_weights(map_file(folder_ / "w.pth")); });
  EXPECT_NE(error.find("1 weight is unknown (w\\x1b[2J\\nx)"), std::string::npos) << error;
}

// A frozen graph of one constant: float 1.5 once, whatever the shape.
class GraphConstant : public testing::Test {
 protected:
  static std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 127; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
    return bytes + static_cast<char>(value);
  }
  static std::string field(int number, const std::string& bytes) {
    return varint(static_cast<std::uint64_t>(number << 3 | 2)) + varint(bytes.size()) + bytes;
  }
  static std::string graph(const std::string& name, const std::vector<std::uint64_t>& shape,
                           std::uint64_t dtype = 1) {
    std::string dims;
    for (const std::uint64_t size : shape) dims += field(2, varint(1 << 3) + varint(size));
    const float value = 1.5f;
    const std::string tensor = varint(1 << 3) + varint(dtype) + field(2, dims) +
                               field(5, std::string(reinterpret_cast<const char*>(&value), 4));
    return field(
        1, field(1, name) + field(2, "Const") + field(5, field(1, "value") + field(2, field(8, tensor))));
  }
  static at::Tensor read(const std::string& name, const std::vector<std::uint64_t>& shape,
                         std::uint64_t dtype = 1) {
    const std::string bytes = graph(name, shape, dtype);
    return read_graph_weights(parse_graph_def(as_bytes(bytes), "g.pb")).at(name);
  }
};

TEST_F(GraphConstant, IsFilledWithOneValueWhereItCouldBeRight) {
  EXPECT_EQ(read("conv/conv2d_params", {3, 3, 3, 32}).sum().item<float>(), 1.5f * 3 * 3 * 3 * 32);
}

TEST_F(GraphConstant, OfHugeShapeTakesNoMemory) {
  EXPECT_TRUE(read("conv/conv2d_params", {2048, 2048}).is_meta());
  EXPECT_TRUE(read("layer0/conv2d_params", {2048, 2048}).is_meta());
}

TEST_F(GraphConstant, WithASizeOfZeroDoesNotHideHugeOnes) {
  const std::string error = error_of([&] { read("conv/conv2d_params", {0, 1u << 30, 1u << 30, 1u << 30}); });
  EXPECT_NE(error.find("a tensor shape beyond the limits"), std::string::npos) << error;
}

TEST_F(GraphConstant, OfIntegersIsRefusedByItsName) {
  const std::string error = error_of([&] { read("conv/batchnorm/beta", {32}, 9); });
  EXPECT_NE(error.find("g.pb: expected weight conv/batchnorm/beta in floating point"), std::string::npos)
      << error;
}

TEST(InceptionWeights, OtherFilesAreRefusedWithWhatIsWanted) {
  const TemporaryFolder folder;
  write_text(folder / "readme.txt", "not weights");
  const std::string error = error_of([&] { open_detector(folder / "readme.txt"); });
  EXPECT_NE(error.find("not a pickle, torch archive, safetensors or TensorFlow graph"), std::string::npos)
      << error;
  EXPECT_NE(error.find("but a text"), std::string::npos) << error;
  EXPECT_NE(error.find("inception-2015-12-05.pkl"), std::string::npos) << error;
}

TEST(InceptionWeights, ASnapshotOfAGeneratorIsNoDetector) {
  const std::string demo = std::string(GDD_TEST_DATA) + "/../../all_ckpt/gdd-demo.pkl";
  const std::string error = error_of([&] { open_detector(demo); });
  EXPECT_NE(error.find("found a snapshot of a generator"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
