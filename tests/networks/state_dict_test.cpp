// Bare state dicts: what a file leaves open, and what is wrong with one, in one line that names it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "checkpoints/checkpoint.h"
#include "networks/fixed_run.h"
#include "networks/network.h"
#include "networks/preconds.h"
#include "networks/state_dict_tree.h"
#include "support/safetensors_file.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

std::string data_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/networks/" + name; }

void expect_text(const std::string& error, const std::string& text) {
  EXPECT_NE(error.find(text), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

TensorView& view_of(StateDict& tensors, const std::string& name) {
  for (auto& [key, view] : tensors)
    if (key == name) return view;
  throw std::logic_error(name);
}

// The error of building the network of `file` after `damage`; empty when there is none.
std::string error_after(const std::string& file, const std::function<void(StateDict&)>& damage,
                        const std::vector<std::string>& given = {}) {
  const Checkpoint checkpoint = Checkpoint::open(data_file(file));
  StateDict tensors = checkpoint.state_dict();
  damage(tensors);
  return error_of([&] {
    Assumptions assumed(given);
    const StateDictTree read = tree_of_state_dict(tensors, data_file(file), assumed);
    Weights weights;
    build_precond(read.tree, weights);
  });
}

constexpr const char* kDmd2 = "dmd2-adm-cond.zip.bin";
constexpr const char* kOpenAI = "openai-cm-cond.pt";

TEST(StateDicts, BuildWhatIsNotDamagedInAnyOrder) {
  for (const char* file : {kDmd2, kOpenAI, "openai-cm-lsun.pt"}) {
    EXPECT_EQ(error_after(file, [](StateDict&) {}), "");
    EXPECT_EQ(error_after(file, [](StateDict& tensors) { std::ranges::reverse(tensors); }), "");
    EXPECT_EQ(error_after(file,
                          [](StateDict& tensors) {
                            std::ranges::sort(tensors, {}, [](const auto& row) { return row.first; });
                          }),
              "");
  }
}

// The same weights, widened, in another container.
TEST(StateDicts, AreTheSameAsSafetensors) {
  const TemporaryFolder folder;
  const Checkpoint checkpoint = Checkpoint::open(data_file(kDmd2));
  std::vector<testing_support::MadeTensor> tensors;
  for (const auto& [name, view] : checkpoint.state_dict()) {
    tensors.push_back({name, view.shape, std::vector<float>(static_cast<std::size_t>(view.numel()))});
    view.copy_as_float32(tensors.back().values.data());
  }
  write_text(folder / "model.safetensors", testing_support::safetensors_of(tensors));
  const Network expected = Network::open(data_file(kDmd2), true),
                found = Network::open(folder / "model.safetensors", true);
  const NetworkInfo& info = expected.info();
  const at::Tensor x = at::ones({1, info.img_channels, info.img_resolution, info.img_resolution},
                                at::kDouble),
                   sigma = at::tensor(2.0, at::kDouble), labels = at::ones({1, info.label_dim});
  EXPECT_TRUE(at::equal(found.denoise(x, sigma, labels), expected.denoise(x, sigma, labels)));
}

TEST(StateDicts, NameATensorTooFew) {
  const auto without = [](const std::string& name) {
    return [name](StateDict& tensors) {
      std::erase_if(tensors, [&](const auto& row) { return row.first == name; });
    };
  };
  expect_text(error_after(kDmd2, without("model.enc.16x16_block0.norm1.bias")),
              "model.enc.16x16_block0.norm1.bias: expected a tensor of shape [16], found none");
  expect_text(error_after(kDmd2, without("model.dec.8x8_in0.conv0.weight")), "model.dec.8x8_in0.conv0");
  expect_text(error_after(kOpenAI, without("middle_block.0.in_layers.2.weight")),
              "expected a tensor 'middle_block.0.in_layers.2.weight', found none");
  expect_text(error_after(kOpenAI, without("output_blocks.3.0.in_layers.0.weight")), "output blocks");
}

TEST(StateDicts, NameATensorTooMany) {
  const auto with = [](const std::string& name) {
    return [name](StateDict& tensors) { tensors.emplace_back(name, tensors.front().second); };
  };
  expect_text(error_after(kDmd2, with("model.enc.16x16_block0.conv2.weight")),
              "expected no child module 'conv2' in a UNetBlock");
  expect_text(error_after(kDmd2, with("model.map_layer0.scale")), "expected no other tensors in a Linear");
  expect_text(error_after(kDmd2, with("logvar.weight")), "has tensors outside of 'model'");
  expect_text(error_after(kDmd2, with("model..x")), "is no name of a network's tensor");
  expect_text(error_after(kOpenAI, with("input_blocks.1.0.in_layers.7.weight")),
              "a tensor that the network has no place for: 'input_blocks.1.0.in_layers.7.weight'");
}

TEST(StateDicts, NameATensorOfAnotherShape) {
  const auto shaped = [](const std::string& name, std::size_t dimension, std::int64_t size) {
    return [=](StateDict& tensors) { view_of(tensors, name).shape.at(dimension) = size; };
  };
  expect_text(error_after(kDmd2, shaped("model.enc.16x16_block0.conv0.bias", 0, 15)),
              "model.enc.16x16_block0.conv0.bias: expected shape [16], found [15]");
  expect_text(error_after(kDmd2, shaped("model.map_layer1.weight", 1, 63)),
              "model.map_layer1: expected 'in_features' to be 64, found 63");
  expect_text(error_after(kOpenAI, shaped("time_embed.2.weight", 1, 127)), "model.map_layer1");
  expect_text(error_after(kOpenAI, shaped("out.2.weight", 0, 6)),
              "its output has 6 channels for images of 3: a network that learns sigma");
  expect_text(error_after(kOpenAI, shaped("middle_block.1.qkv.bias", 0, 95)), "model.dec.8x8_in0.qkv.bias");
}

TEST(StateDicts, NameAScalarAndATensorWithoutRows) {
  const auto shaped = [](const std::string& name, const std::vector<std::int64_t>& shape) {
    return [=](StateDict& tensors) {
      TensorView& view = view_of(tensors, name);
      view.shape = shape;
      view.strides.assign(shape.size(), 1);
    };
  };
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, std::vector<std::int64_t>{0}}) {
    expect_text(error_after(kOpenAI, shaped("middle_block.1.qkv.bias", shape)), "model.dec.8x8_in0.qkv.bias");
    for (const std::vector<std::string>& given : {std::vector<std::string>{}, {"num_heads=4"}})
      expect_text(error_after(kOpenAI, shaped("middle_block.1.qkv.weight", shape), given),
                  "model.dec.8x8_in0.qkv");
  }
}

TEST(StateDicts, NameANameThatIsTooLong) {
  const auto named = [](std::size_t length) {
    return [=](StateDict& tensors) {
      tensors.emplace_back(std::string("model.") + std::string(length - 6, 'x'), tensors.front().second);
    };
  };
  expect_text(error_after(kDmd2, named(257)), "at most 256 bytes, found 257: 'model.xxx");
  EXPECT_EQ(error_after(kDmd2, named(256)).find("at most 256"), std::string::npos);
}

TEST(StateDicts, OfNoKnownNetworkAreRefused) {
  expect_text(error_after(kDmd2, [](StateDict& tensors) { tensors.resize(40'001, tensors.front()); }),
              "expected at most 40000 tensors, found 40001");
  expect_text(error_after(kDmd2, [](StateDict& tensors) { tensors.resize(3); }),
              "a state dict of no network that is known");
  expect_text(error_after(kDmd2, [](StateDict& tensors) { tensors.clear(); }),
              "a state dict without tensors");
}

class Described : public testing::Test {
 protected:
  // The file under another name, without what stands beside it.
  std::string copy(const std::string& name) const {
    std::filesystem::copy_file(data_file(kOpenAI), folder_ / name);
    return folder_ / name;
  }
  static Network open(const std::string& file, const std::vector<std::string>& assumed = {}) {
    return Network::open(file, true, nullptr, Assumptions(assumed));
  }
  TemporaryFolder folder_;
};

TEST_F(Described, WhatNoTensorTellsIsAskedFor) {
  const std::string alone = copy("cd_alone.pt");
  expect_text(error_of([&] { open(alone); }), "give --assume image_size=N, or cd_alone.json beside it");
  expect_text(error_of([&] { open(alone, {"image_size=1"}); }), "cannot be halved for each of its 2 levels");
  const Network network = open(alone, {"image_size=16", "num_head_channels=16"});
  EXPECT_EQ(network.info().assumed,
            "image_size=16 num_head_channels=16 training_mode=consistency_distillation sigma_min=0.002 "
            "sigma_max=80");
  EXPECT_EQ(largest_difference(network, open(data_file(kOpenAI))), 0);
  EXPECT_GT(largest_difference(network, open(alone, {"image_size=16", "num_heads=1"})), 1e-4);
}

TEST_F(Described, TheTeacherHasFormulasOfItsOwn) {
  const std::vector<std::string> size{"image_size=16", "num_head_channels=16"};
  const Network teacher = open(copy("edm_imagenet64_ema.pt"), size), pupil = open(data_file(kOpenAI));
  EXPECT_NE(teacher.info().assumed.find("training_mode=edm"), std::string::npos);
  EXPECT_GT(largest_difference(teacher, pupil), 1e-3);
  const Network told =
      open(folder_ / "edm_imagenet64_ema.pt", {size[0], size[1], "training_mode=consistency_distillation"});
  EXPECT_EQ(largest_difference(told, pupil), 0);
}

TEST_F(Described, WhatWasGuessedIsTold) {
  const auto warned = [](const std::string& file, const std::vector<std::string>& assumed) {
    std::vector<std::string> warnings;
    Network::open(file, true, &warnings, Assumptions(assumed));
    EXPECT_LE(warnings.size(), 1u);
    return warnings.empty() ? "" : warnings.front();
  };
  expect_text(warned(copy("ct_x.pt"), {"image_size=16", "num_heads=2"}),
              "guessed, as no tensor tells it: training_mode=consistency_training (by the name of the file), "
              "sigma_min=0.002 (OpenAI's own), sigma_max=80 (OpenAI's own); ct_x.json beside it");
  expect_text(warned(data_file(kOpenAI), {}),
              "training_mode=consistency_distillation (openai-cm-cond.json names none)");
  expect_text(warned(data_file(kDmd2), {}), "num_head_channels=64 (DMD2's own)");
  EXPECT_EQ(warned(data_file(kOpenAI), {"training_mode=consistency_training"}), "");
  EXPECT_EQ(warned(data_file(kDmd2), {"num_head_channels=64"}), "");
}

TEST_F(Described, AFileOfAnotherNameMustBeTold) {
  const std::string file = copy("x.pt");
  const std::vector<std::string> size{"image_size=16", "num_head_channels=16"};
  expect_text(error_of([&] { open(file, size); }), "give --assume training_mode=consistency_distillation");
  const auto mode_of = [&](const std::string& mode) {
    return open(file, {size[0], size[1], "training_mode=" + mode}).info().variant;
  };
  EXPECT_EQ(
      open(file, {size[0], size[1], "training_mode=consistency_training"}).info().assumed,
      "image_size=16 num_head_channels=16 training_mode=consistency_training sigma_min=0.002 sigma_max=80");
  for (const char* mode : {"", "Edm", "progdist"})
    expect_text(error_of([&] { mode_of(mode); }),
                "expected one of edm, consistency_distillation, consistency_training, found");
}

TEST_F(Described, TheNoiseLevelsOfADescriptionAreToldBesideTheNetwork) {
  const std::string file = copy("x.pt");
  write_text(folder_ / "x.json", R"({"image_size": 16, "num_head_channels": 16, "sigma_min": 0.01,
                                     "sigma_max": 40, "training_mode": "edm"})");
  const NetworkInfo info = open(file).info();
  EXPECT_EQ(info.assumed, "image_size=16 num_head_channels=16 training_mode=edm sigma_min=0.01 sigma_max=40");
  EXPECT_EQ(info.sigma_max, 40);
}

TEST_F(Described, ADescriptionOfAnotherFileIsRefused) {
  const std::string file = copy("x.pt");
  const auto with = [&](const std::string& json) {
    write_text(folder_ / "x.json", json);
    return error_of([&] { open(file); });
  };
  expect_text(with(R"({"image_size": 16, "num_channels": 64})"), "says num_channels 64, the tensors say 32");
  expect_text(with(R"({"image_size": 16, "num_classes": 1000})"),
              "says num_classes 1000, the tensors say 10");
  expect_text(with(R"({"image_size": "16"})"), "expected a whole number from 1 to 4096 as 'image_size'");
  expect_text(with("[]"), "expected a JSON object");
  expect_text(with("{"), "expected a JSON object");
  expect_text(with(R"({"image_size": 16, "training_mode": "progdist"})"),
              "expected one of edm, consistency_distillation, consistency_training as 'training_mode'");
  expect_text(with(R"({"image_size": 16, "learn_sigma": true})"), "expected false as 'learn_sigma'");
  expect_text(with(R"({"image_size": 16, "num_heads": 2, "num_heads_upsample": 4})"),
              "expected the same as 'num_heads' or -1 as 'num_heads_upsample', found 4");
  EXPECT_EQ(with(R"({"image_size": 16, "num_head_channels": -1, "num_heads": 2})"), "");
  EXPECT_EQ(with(R"({"image_size": 16, "num_heads": 2, "num_heads_upsample": 2, "learn_sigma": false})"), "");
}

TEST(Flax, IsNamedForWhatItIs) {
  const TemporaryFolder folder;
  write_text(folder / "checkpoint_400000",
             std::string("\x84\xa4step\xce\x00\x06\x1a\x80\xa9optimizer\x80", 22));
  expect_text(error_of([&] { Network::open(folder / "checkpoint_400000", true); }),
              "a state of Flax (msgpack)");
}

}  // namespace
}  // namespace gdd
