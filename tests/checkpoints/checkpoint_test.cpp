#include "checkpoints/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "base/sha256.h"
#include "base/shape_text.h"
#include "checkpoints/files.h"
#include "support/temporary_folder.h"
#include "support/threads.h"

namespace gdd {
namespace {

std::string line(const std::string& name, const TensorView& tensor) {
  std::vector<std::byte> elements(static_cast<std::size_t>(tensor.numel()) * item_size(tensor.dtype));
  tensor.copy_raw(elements.data());
  return name + " " + dtype_name(tensor.dtype) + " " + shape_text(tensor.shape) + " " + sha256(elements) +
         "\n";
}

// A line for every tensor below `module`.
std::string lines(const ModuleTree& module) {
  std::string text;
  for (const auto* tensors : {&module.parameters, &module.buffers})
    for (const auto& [name, tensor] : *tensors)
      if (tensor) text += line(module.path + "." + name, *tensor);
  for (const auto& [name, child] : module.children) text += lines(child);
  return text;
}

std::string digest(const std::string& text) { return sha256(as_bytes(text)); }

std::vector<float> floats(const TensorView& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
  tensor.copy_as_float32(values.data());
  return values;
}

const TensorView& find(const StateDict& state, const std::string& name) {
  for (const auto& [key, tensor] : state)
    if (key == name) return tensor;
  throw Error(name, "absent");
}

class Snapshot : public ::testing::Test {
 protected:
  const Checkpoint gdd = Checkpoint::open(data_file("networks/gdd-ncsnpp-cond.torch1.13.1.pkl"));
  const Checkpoint edm = Checkpoint::open(data_file("networks/edm-ddpmpp-cond-augment.torch2.11.0.pkl"));
};

TEST_F(Snapshot, NamesItsModules) {
  EXPECT_EQ(gdd.format(), Checkpoint::Format::kPickle);
  EXPECT_EQ(gdd.module_names(), (std::vector<std::string>{"net", "ema"}));
  EXPECT_EQ(edm.module_names(), (std::vector<std::string>{"ema"}));
  EXPECT_NE(error_of([&] { edm.module("net"); }).find("expected a network 'net', found 'ema'"),
            std::string::npos);
  EXPECT_NE(error_of([&] { gdd.state_dict(); }).find("expected a state dict, found a file of modules"),
            std::string::npos);
}

// The digests are of the same lines written by Python's torch 2.11.0 (names, dtypes, shapes, bits, order).
TEST_F(Snapshot, EveryTensorIsWhatTorchReads) {
  EXPECT_EQ(digest(lines(gdd.module("net")) + lines(gdd.module("ema"))),
            "1457c716e9625e9460d76cd69cb22902926e70f3744275628f40a74e62f42e76");
  EXPECT_EQ(digest(lines(edm.module("ema"))),
            "39a6ed4d0fc2a788cd4270b02e51780115476cf572840e87002710c80f7b1a1c");
}

TEST_F(Snapshot, KeepsClassesAttributesAndConstructorArguments) {
  const ModuleTree ema = gdd.module("ema");
  EXPECT_EQ(ema.class_name, "GDDPrecond");
  EXPECT_EQ(ema.get_int("img_resolution"), 16);
  EXPECT_EQ(ema.get_double("eps"), 2e-3);
  EXPECT_EQ(ema.get_double("sigma_max"), std::numeric_limits<double>::infinity());
  EXPECT_FALSE(ema.get_bool("use_fp16", true));
  const ModuleTree* encoder = ema.child("model")->child("enc");
  EXPECT_EQ(encoder->class_name, "torch.nn.modules.container.ModuleDict");
  EXPECT_EQ(encoder->path, "ema.model.enc");
  EXPECT_EQ(encoder->children.front().first, "16x16_conv");
  // A numpy scalar.
  EXPECT_EQ(encoder->child("16x16_block0")->get_double("skip_scale"), std::sqrt(0.5));
  const auto& given = ema.init_kwargs;
  const auto filter = std::find_if(given.begin(), given.end(),
                                   [](const auto& row) { return row.first == "resample_filter"; });
  ASSERT_NE(filter, given.end());
  EXPECT_EQ(std::get<Attribute::List>(filter->second.value).size(), 4u);
}

TEST_F(Snapshot, NoneIsKeptForTensorsAndLeftOutForChildren) {
  const ModuleTree ema = gdd.module("ema");
  const ModuleTree* conv = ema.child("model")->child("enc")->child("16x16_conv");
  ASSERT_NE(conv, nullptr);
  ASSERT_EQ(conv->buffers.size(), 1u);
  EXPECT_EQ(conv->buffers[0].first, "resample_filter");
  EXPECT_FALSE(conv->buffers[0].second.has_value());
  EXPECT_EQ(conv->buffer("resample_filter"), nullptr);
  EXPECT_EQ(ema.child("model")->child("map_augment"), nullptr);
}

TEST_F(Snapshot, TellsItsGlobalsAndSources) {
  EXPECT_EQ(edm.globals(),
            (std::vector<std::string>{
                "collections OrderedDict", "numpy dtype", "numpy._core.multiarray scalar",
                "torch FloatStorage", "torch._utils _rebuild_parameter", "torch._utils _rebuild_tensor_v2",
                "torch.nn.modules.container ModuleDict", "torch.storage _load_from_bytes",
                "torch_utils.persistence _reconstruct_persistent_obj"}));
  const auto sources = edm.sources();
  ASSERT_EQ(sources.size(), 7u);
  EXPECT_EQ(sources[1].first, "EDMPrecond");
  EXPECT_EQ(sources[1].second, digest("# source removed\n"));
  EXPECT_EQ(edm.module("ema").source_sha256, digest("# source removed\n"));
}

// Truncated anywhere, a snapshot ends in an error: no prefix passes for a whole file.
TEST_F(Snapshot, TruncationIsAnError) {
  for (std::size_t part = 0; part < 64; ++part) {
    const Bytes prefix = edm.bytes().first(edm.bytes().size() * part / 64);
    EXPECT_NE(error_of([&] { Checkpoint::open(prefix, "cut.pkl"); }), "no error") << part << "/64";
  }
}

// tests/data/checkpoints/make.py
class StateFile : public ::testing::TestWithParam<const char*> {};

TEST_P(StateFile, HoldsEveryDTypeAndLayout) {
  const Checkpoint checkpoint = Checkpoint::open(data_file(std::string("checkpoints/") + GetParam()));
  EXPECT_TRUE(checkpoint.module_names().empty());
  const StateDict state = checkpoint.state_dict();
  const std::vector<float> six{0, 1, 2, 3, 4, 5};
  const char* const kNames[] = {"float16", "bfloat16", "float32", "float64", "uint8",
                                "int8",    "int16",    "int32",   "int64"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    EXPECT_EQ(state[i].first, kNames[i]);
    EXPECT_STREQ(dtype_name(state[i].second.dtype), kNames[i]);
    EXPECT_EQ(floats(state[i].second), six) << kNames[i];
  }
  EXPECT_EQ(floats(find(state, "bool")), (std::vector<float>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(floats(find(state, "transposed")), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(floats(find(state, "row")), (std::vector<float>{4, 5, 6, 7}));
  EXPECT_EQ(floats(find(state, "column")), (std::vector<float>{2, 6, 10}));
  EXPECT_EQ(floats(find(state, "scalar")), (std::vector<float>{2.5}));
  EXPECT_EQ(find(state, "empty").shape, (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(floats(find(state, "parameter"))[11], 11.5f);
  EXPECT_EQ(floats(find(state, "half"))[3], 0x1p-24f);
  // Tensors that share a storage share their bytes.
  EXPECT_EQ(find(state, "base").storage.data(), find(state, "row").storage.data());
}

TEST_P(StateFile, IsReadBySeveralThreadsAtOnce) {
  const Checkpoint checkpoint = Checkpoint::open(data_file(std::string("checkpoints/") + GetParam()));
  testing_support::on_threads(4, [&](int) {
    EXPECT_EQ(floats(find(checkpoint.state_dict(), "row")), (std::vector<float>{4, 5, 6, 7}));
  });
}

INSTANTIATE_TEST_SUITE_P(Containers, StateFile, ::testing::Values("state.zip.pth", "state.legacy.pth"));

TEST(Checkpoint, TellsContainersApart) {
  EXPECT_EQ(Checkpoint::open(data_file("checkpoints/state.zip.pth")).format(), Checkpoint::Format::kTorchZip);
  EXPECT_EQ(Checkpoint::open(data_file("checkpoints/state.legacy.pth")).format(),
            Checkpoint::Format::kTorchLegacy);
  EXPECT_EQ(Checkpoint::open(data_file("checkpoints/script.pt")).format(), Checkpoint::Format::kTorchScript);
}

TEST(Checkpoint, TorchScriptGivesItsParametersAndBuffers) {
  const Checkpoint script = Checkpoint::open(data_file("checkpoints/script.pt"));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : script.state_dict()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"first.weight", "first.scale", "list.0.weight", "list.0.scale",
                                             "list.1.weight", "list.1.scale"}));
  EXPECT_EQ(floats(script.state_dict().front().second), (std::vector<float>{0, 1, 2, 3}));
}

TEST(Checkpoint, OnlyTensorsMakeAStateDict) {
  const Checkpoint number = Checkpoint::open(data_file("checkpoints/number.zip.pth"));
  EXPECT_NE(error_of([&] {
              number.state_dict();
            }).find("expected entry 'net' of the state dict to be a tensor, found an int"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              Checkpoint::open(std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl").module("ema");
            }).find("expected a network 'ema', found none but "),
            std::string::npos);
  EXPECT_NE(error_of([&] { number.module("net"); }).find("expected a network 'net', found none"),
            std::string::npos);
}

TEST(Checkpoint, WhatIsNoCheckpointIsNamed) {
  const testing_support::TemporaryFolder folder;
  const auto error_for = [&](const std::string& content) {
    std::ofstream(folder / "x.pkl") << content;
    return error_of([&] { Checkpoint::open(folder / "x.pkl"); });
  };
  EXPECT_NE(error_for("<!DOCTYPE html>").find("found a web page"), std::string::npos);
  EXPECT_NE(error_for("version https://git-lfs.github.com/spec/v1\n").find("found a git-lfs pointer"),
            std::string::npos);
  EXPECT_NE(error_for("hello").find("expected a network snapshot (pickle), a torch archive or safetensors"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              Checkpoint::open(data_file("archive/stored.npz"));
            }).find("expected a torch archive with a data.pkl, found another zip"),
            std::string::npos);
  EXPECT_NE(error_of([&] { Checkpoint::open(Bytes(), "x"); }).find("empty"), std::string::npos);
}

}  // namespace
}  // namespace gdd
