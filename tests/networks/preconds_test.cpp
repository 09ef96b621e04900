// What is wrong with a network's description is said in one line that names the part.
#include "networks/preconds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "checkpoints/checkpoint.h"
#include "networks/metadata.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

std::string data_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/networks/" + name; }

ModuleTree& part(ModuleTree& module, std::initializer_list<const char*> path) {
  ModuleTree* at = &module;
  for (const char* name : path) at = const_cast<ModuleTree*>(at->child(name));
  return *at;
}

template <class Value>
void set_attribute(ModuleTree& module, const std::string& name, Value value) {
  for (auto& [key, attribute] : module.attributes)
    if (key == name) {
      attribute.value = value;
      return;
    }
  FAIL() << module.path << " has no " << name;
}

TensorView& parameter(ModuleTree& module, const std::string& name) {
  for (auto& [key, view] : module.parameters)
    if (key == name && view) return *view;
  throw std::logic_error(name);
}

// The error of building gdd-ncsnpp.pkl after `damage`; empty when there is none.
std::string error_after(const std::function<void(ModuleTree&)>& damage,
                        const std::string& file = "gdd-ncsnpp.pkl") {
  const Checkpoint checkpoint = Checkpoint::open(data_file(file));
  ModuleTree tree = checkpoint.module("ema");
  damage(tree);
  return testing_support::error_of([&] {
    Weights weights;
    build_precond(tree, weights);
  });
}

void expect_text(const std::string& error, const std::string& text) {
  EXPECT_NE(error.find(text), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

TEST(Precond, BuildsWhatIsNotDamaged) {
  EXPECT_EQ(error_after([](ModuleTree&) {}), "");
}

TEST(Precond, ListsTheKnownClasses) {
  const std::string error = error_after([](ModuleTree& tree) { tree.class_name = "Foo"; });
  expect_text(error,
              "class 'Foo' is not a known network (known: GDDPrecond D2OPrecond EDMPrecond "
              "EDMPrecond_EncoderDecoder VPPrecond VEPrecond iDDPMPrecond ECMPrecond Precond "
              "EDM_2_Precond_Generator KarrasDenoiser)");
  expect_text(
      error_after([](ModuleTree& tree) { part(tree, {"model"}).class_name = "UViT"; }),
      "class 'UViT' is not a known network (known here: SongUNet DhariwalUNet SongUNet_EncoderDecoder "
      "DhariwalUNet_EncoderDecoder UNet EDM2UNet UNet_EncoderDecoder)");
  expect_text(error_after([](ModuleTree& tree) {
                part(tree, {"model", "enc", "8x8_block0", "conv1"}).class_name = "DepthwiseConv2d";
              }),
              "ema.model.enc.8x8_block0.conv1: class 'DepthwiseConv2d'");
}

TEST(Precond, NamesAMissingWeight) {
  expect_text(error_after([](ModuleTree& tree) {
                auto& rows = part(tree, {"model", "enc", "8x8_conv"}).parameters;
                std::erase_if(rows, [](const auto& row) { return row.first == "bias"; });
              }),
              "ema.model.enc.8x8_conv.bias: expected a tensor of shape [4], found none");
}

TEST(Precond, NamesAWeightThatIsNone) {
  expect_text(error_after([](ModuleTree& tree) {
                for (auto& [name, view] : part(tree, {"model", "map_layer0"}).parameters) view.reset();
              }),
              "ema.model.map_layer0.weight: expected a tensor of shape [16, 8], found none");
}

TEST(Precond, NamesARenamedWeight) {
  expect_text(error_after([](ModuleTree& tree) {
                part(tree, {"model", "enc", "8x8_conv"}).parameters[0].first = "wieght";
              }),
              "found none but an unused 'wieght' [4, 3, 3, 3]");
}

TEST(Precond, NamesAnExtraWeight) {
  expect_text(error_after([](ModuleTree& tree) {
                auto& rows = part(tree, {"model", "map_layer1"}).parameters;
                rows.emplace_back("scale", rows[0].second);
              }),
              "ema.model.map_layer1: expected no other tensors in a Linear, found 'scale' [16, 16]");
}

TEST(Precond, TellsATransposedWeightFromAMisshapenOne) {
  expect_text(error_after([](ModuleTree& tree) {
                TensorView& view = parameter(part(tree, {"model", "map_layer0"}), "weight");
                std::swap(view.shape[0], view.shape[1]);
              }),
              "ema.model.map_layer0.weight: expected shape [16, 8], found [8, 16] (transposed)");
  expect_text(error_after([](ModuleTree& tree) {
                parameter(part(tree, {"model", "map_layer0"}), "weight").shape[0] = 15;
              }),
              "expected shape [16, 8], found [15, 8];");
}

TEST(Precond, RefusesWeightsThatAreNotFinite) {
  const std::vector<float> bad(16, std::numeric_limits<float>::quiet_NaN());
  expect_text(
      error_after([&](ModuleTree& tree) {
        parameter(part(tree, {"model", "map_layer0"}), "bias").storage = std::as_bytes(std::span(bad));
        parameter(part(tree, {"model", "map_layer0"}), "bias").offset = 0;
      }),
      "ema.model.map_layer0.bias: expected finite weights, found NaN or infinity");
}

TEST(Precond, RefusesIntegersAsWeights) {
  expect_text(error_after([](ModuleTree& tree) {
                parameter(part(tree, {"model", "map_layer0"}), "bias").dtype = DType::kInt32;
              }),
              "expected a floating-point tensor, found int32");
}

TEST(Precond, RefusesAbsurdHyperparameters) {
  const auto with = [](std::initializer_list<const char*> path, const char* name, auto value) {
    return error_after([&](ModuleTree& tree) { set_attribute(part(tree, path), name, value); });
  };
  const auto huge = std::int64_t{1} << 40;
  expect_text(with({}, "img_resolution", huge),
              "expected 'img_resolution' to be 1 to 4096, found 1099511627776");
  expect_text(with({}, "label_dim", std::int64_t{-1}), "'label_dim'");
  expect_text(with({}, "sigma_min", -1.0), "'sigma_min'");
  expect_text(with({}, "sigma_data", std::nan("")), "expected 'sigma_data' to be finite, found nan");
  expect_text(with({"model", "enc", "8x8_block0"}, "num_heads", std::int64_t{3}), "'num_heads'");
  expect_text(with({"model", "enc", "8x8_block0", "norm0"}, "num_groups", std::int64_t{3}), "a divisor of 4");
  expect_text(with({"model", "enc", "8x8_block0", "norm0"}, "eps", -1.0), "'eps'");
  expect_text(with({"model", "enc", "8x8_block0", "conv0"}, "up", true), "ema.model.enc.8x8_block0");
  expect_text(with({"model", "enc", "8x8_block0"}, "out_channels", huge), "'out_channels' to be 1 to 65536");
  expect_text(with({"model", "enc", "4x4_down"}, "in_channels", std::int64_t{5}),
              "expected an image of [5, 8, 8], gets [4, 8, 8]");
}

TEST(Precond, RefusesLayersInAnotherOrder) {
  const auto swapped = [](std::initializer_list<const char*> path, std::size_t a, std::size_t b) {
    return error_after([&](ModuleTree& tree) {
      auto& layers = part(tree, path).children;
      std::swap(layers[a], layers[b]);
    });
  };
  expect_text(swapped({"model", "enc"}, 0, 2), "expected an image of");
  expect_text(swapped({"model", "dec"}, 2, 4), "the layers do not fit each other");
}

TEST(Precond, RefusesStacksOfThousandsOfLayers) {
  expect_text(error_after([](ModuleTree& tree) {
                auto& layers = part(tree, {"model", "enc"}).children;
                layers.resize(1001, layers.front());
              }),
              "expected at most 1000 layers, found 1001");
}

TEST(Precond, RefusesLayersThatAreMissingOrUnknown) {
  expect_text(error_after([](ModuleTree& tree) {
                part(tree, {"model", "dec"}).children.pop_back();
              }),
              "ema.model.dec: ends without the layer 'aux_conv'");
  expect_text(error_after([](ModuleTree& tree) {
                part(tree, {"model", "enc"}).children.pop_back();
              }),
              "ema.model.dec");
  expect_text(error_after([](ModuleTree& tree) { part(tree, {"model"}).children.pop_back(); }),
              "expected a child module 'dec' in a SongUNet, found none");
  expect_text(error_after([](ModuleTree& tree) {
                auto& children = part(tree, {"model"}).children;
                children.emplace_back("map_time", children[0].second);
              }),
              "expected no child module 'map_time' in a SongUNet");
  expect_text(error_after([](ModuleTree& tree) {
                part(tree, {"model", "enc"}).children[0].first = "x\")\nimport os";
              }),
              "expected a layer name such as '32x32_block0'");
}

TEST(Precond, RefusesLabelsWithoutAMap) {
  expect_text(error_after([](ModuleTree& tree) { set_attribute(tree, "label_dim", std::int64_t{0}); }),
              "label_dim is 0 but the network has a map_label");
}

TEST(Precond, CountsParametersWithoutBuffers) {
  const Checkpoint checkpoint = Checkpoint::open(data_file("iddpm-adm.pkl"));
  Weights weights;
  build_precond(checkpoint.module("ema"), weights);
  EXPECT_EQ(weights.num_parameters(), 13982);
}

TEST(Metadata, WarnsOfUnknownSourcesOnce) {
  const Checkpoint checkpoint = Checkpoint::open(data_file("gdd-ncsnpp.pkl"));
  ModuleTree tree = checkpoint.module("ema");
  EXPECT_TRUE(unknown_sources(tree, "x.pkl").empty());
  const std::string hash(64, 'a');
  tree.source_sha256 = hash;
  part(tree, {"model"}).source_sha256 = hash;
  const auto lines = unknown_sources(tree, "x.pkl");
  ASSERT_EQ(lines.size(), 1u);
  expect_text(lines[0], "x.pkl: the source text it carries (SHA-256 " + hash);
  expect_text(lines[0], "GDDPrecond SongUNet");
}

}  // namespace
}  // namespace gdd
