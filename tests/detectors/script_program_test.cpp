#include "detectors/script_program.h"

#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "detectors/detector.h"
#include "detectors/script_network.h"
#include "detectors/script_operators.h"
#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

using testing_support::save_network;

class ScriptProgram : public testing::Test {
 protected:
  std::string path() const { return folder_ / "net.pt"; }
  std::string error_of_opening() const {
    return testing_support::error_of([&] { open_detector(path()); });
  }
  std::string error_of(const std::string& body) const {
    save_network(body, path());
    return error_of_opening();
  }
  testing_support::TemporaryFolder folder_;
};

TEST_F(ScriptProgram, MadeOfTheOperatorsOfNetworksIsRun) {
  EXPECT_EQ(error_of(R"(b, c = x.size(0), x.size(1)
y = torch.conv2d(x, torch.ones([4, c, 3, 3]), None, [1, 1], [1, 1])
y = torch.batch_norm(y, None, None, torch.zeros([4]), torch.ones([4]), False, 0.1, 0.001, True)
y = torch.max_pool2d(torch.relu_(y), [2, 2], [2, 2]).flatten(2).transpose(1, 2)
y = torch.layer_norm(y, [4]) + torch.gelu(y) * torch.sigmoid(1.702 * y)
y = torch.scaled_dot_product_attention(y, y, y)
y = torch.cat([y, torch.softmax(y @ y.transpose(-2, -1), -1) @ y], 2)
sizes: List[int] = []
for i in range(2):
  sizes.append(i)
if b == 0:
  raise AssertionError("an empty batch of {}".format(c))
y = y[:, :, sizes].to(6)
z = torch.upsample_bilinear2d(x, [4, 4], False, None).mean([2, 3])
return torch.cat([y.mean(1), z / torch.linalg_vector_norm(z, 2, [1], True).clamp_min(1e-12)], 1))"),
            "");
}

TEST_F(ScriptProgram, IsRefusedByTheNameOfAnOperatorNoNetworkNeeds) {
  EXPECT_NE(error_of("return torch.rand([1, 4])").find("uses the operator 'aten::rand'"), std::string::npos);
  EXPECT_NE(error_of("torch.manual_seed(3)\nreturn x").find("'aten::manual_seed'"), std::string::npos);
  EXPECT_NE(error_of("print(x)\nreturn x").find("'print'"), std::string::npos);
  // Kernels behind a checked front trust the lengths of what they are given.
  EXPECT_NE(
      error_of(
          "y = torch.native_batch_norm(x, None, None, torch.zeros([1]), torch.ones([1]), True, 1.0, 1e-5)\n"
          "return y[0].mean([2, 3])")
          .find("'aten::native_batch_norm'"),
      std::string::npos);
}

TEST_F(ScriptProgram, IsLookedAtWhereNothingCallsItToo) {
  torch::jit::Module inner("Inner"), outer("Outer");
  inner.define("def forward(self, x: Tensor) -> Tensor:\n  return x.mean([2, 3])\n");
  inner.define("def other(self, x: Tensor) -> Tensor:\n  return torch.randn([4])\n");
  outer.register_module("inner", inner);
  outer.define("def forward(self, x: Tensor) -> Tensor:\n  return self.inner.forward(x)\n");
  save_network(outer, path());
  EXPECT_NE(error_of_opening().find("uses the operator 'aten::randn'"), std::string::npos);
}

TEST_F(ScriptProgram, ThatUnfoldsWithoutBoundIsRefusedBeforeItDoes) {
  torch::jit::Module module("Made");
  module.define("def f0(self, x: Tensor) -> Tensor:\n  return x + 1\n");
  for (int i = 1; i < 60; ++i) {
    const std::string callee = "self.f" + std::to_string(i - 1);
    module.define("def f" + std::to_string(i) + "(self, x: Tensor) -> Tensor:\n  return " + callee + "(" +
                  callee + "(x))\n");
  }
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return self.f59(x)\n");
  save_network(module, path());
  EXPECT_NE(error_of_opening().find("unfolds to more than"), std::string::npos);
}

TEST_F(ScriptProgram, FailsInOneLineThatSaysWhatWentWrong) {
  const std::string error =
      error_of("if x.size(0) > 0:\n  raise AssertionError(\"\\033[2Jone\\ntwo\")\nreturn x");
  EXPECT_NE(error.find("net.pt: the network failed on a batch of [1, 3, 8, 8]: "), std::string::npos)
      << error;
  EXPECT_NE(error.find("one\\ntwo"), std::string::npos) << error;
  EXPECT_EQ(error.find_first_of("\n\x1b"), std::string::npos) << error;
}

TEST_F(ScriptProgram, GivesFeaturesInFloatingPointOrIsRefused) {
  EXPECT_NE(error_of("return x.mean([2, 3]).to(4)").find("found [1, 3] of Long"), std::string::npos);
  EXPECT_NE(error_of("return x.mean([3])").find("found [1, 3, 8] of Float"), std::string::npos);
}

TEST_F(ScriptProgram, GetsNoMoreMemoryThanAllowed) {
  const std::uint64_t before = memory_budget();
  set_memory_budget(std::uint64_t{256} << 20);
  const std::string error = error_of(R"(kept: List[Tensor] = []
while len(kept) < 4096:
  kept.append(torch.ones([1 << 20]) + len(kept))
return torch.stack(kept)[:, :4])");
  set_memory_budget(before);
  EXPECT_NE(error.find("net.pt: needs more memory for a batch of 1 than the 268 MB allowed"),
            std::string::npos)
      << error;
}

TEST_F(ScriptProgram, TakesLargeImagesAFewAtATime) {
  save_network("return x.mean([2, 3])", path(), 2400);  // 69 MB each
  const auto detector = open_detector(path());
  std::vector<Image> images;
  for (int i = 0; i < 4; ++i) images.push_back({1, 1, 3, std::vector<std::uint8_t>(3, std::uint8_t(60 * i))});
  const FeatureBlock block = detector->extract(batch_of(images), {});
  EXPECT_EQ(block.rows, 4);
  ASSERT_EQ(block.features.size(), 12u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(block.features[3 * i], 60.0 * static_cast<double>(i) / 255, 1e-3);
}

TEST(NetworkOperators, AreKnownInPlaceToo) {
  for (const char* kind : {"aten::add", "aten::add_", "aten::__getitem__", "prim::If", "aten::copy_"})
    EXPECT_TRUE(is_network_operator(kind)) << kind;
  for (const char* kind : {"aten::from_file", "aten::save", "aten::__getitem___", "prim::Print",
                           "prim::PythonOp", "prim::CallFunction", "prim::CallMethod", "quantized::add",
                           "aten::set_data", "aten::", "add", "aten::resize_"})
    EXPECT_FALSE(is_network_operator(kind)) << kind;
}

}  // namespace
}  // namespace gdd
