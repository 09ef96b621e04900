// Networks of other families than GDD's and EDM's, compared with what each family's own Python computes from
// the same files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "archive/npz.h"
#include "archive/zip.h"
#include "checkpoints/checkpoint.h"
#include "compute/compute.h"
#include "networks/fixed_run.h"
#include "networks/golden_tensors.h"
#include "networks/network.h"
#include "networks/preconds.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::expect_close;
using testing_support::network_file;
using testing_support::read_tensor;
using testing_support::TemporaryFolder;

class OfFamily : public testing::TestWithParam<const char*> {
 protected:
  OfFamily() {
    const std::string file = GetParam();
    const NpzReader want(network_file(file.substr(0, file.find('.')) + ".npz"));
    sigma = read_tensor(want, "sigma");
    x = read_tensor(want, "x") * sigma.reshape({-1, 1, 1, 1});
    labels = read_tensor(want, "class_labels");
    denoised = read_tensor(want, "denoised_ema");
    without_labels = read_tensor(want, "denoised_nolabel_ema");
  }
  std::string file() const { return network_file(GetParam()); }

  at::Tensor x, sigma, labels, denoised, without_labels;
};

TEST_P(OfFamily, DenoisesAsItsOwnCode) {
  const Network network = Network::open(file(), true);
  expect_close(network.denoise(x, sigma, labels), denoised);
  if (without_labels.defined()) expect_close(network.denoise(x, sigma, {}), without_labels);
}

TEST_P(OfFamily, IsTheSameNetworkAfterSaveAndOpen) {
  const TemporaryFolder folder;
  const Network network = Network::open(file(), true);
  network.save(folder / "network.pt");
  const Network converted = Network::open(folder / "network.pt", true);
  EXPECT_EQ(largest_difference(network, converted), 0);
  EXPECT_EQ(network.info().precond, converted.info().precond);
  EXPECT_EQ(network.info().variant, converted.info().variant);
  EXPECT_EQ(network.info().assumed, converted.info().assumed);
  EXPECT_EQ(network.info().num_parameters, converted.info().num_parameters);
  EXPECT_EQ(network.info().format, converted.info().format);
}

// A gdd that knows one formula of a class refuses a file of the other: it looks for modules.json.
TEST_P(OfFamily, IsOfFormatTwoWhereMoreThanItsClassDecides) {
  const TemporaryFolder folder;
  const Network network = Network::open(file(), true);
  network.save(folder / "network.pt");
  const bool decided = !network.info().variant.empty() || !network.info().assumed.empty();
  EXPECT_EQ(network.info().format, decided ? 2 : 1);
  const std::string format = "\"format\": " + std::to_string(network.info().format);
  EXPECT_NE(network.info().metadata_json.find(format), std::string::npos);
  const ZipReader zip(folder / "network.pt");
  const auto holds = [&](const std::string& name) {
    return std::ranges::any_of(zip.entries(), [&](const auto& entry) { return entry.name.ends_with(name); });
  };
  EXPECT_EQ(holds("/modules.json"), !decided);
  EXPECT_EQ(holds("/modules2.json"), decided);
}

// What is computed once in place of every call gives the bits of every call.
TEST_P(OfFamily, KeepsItsBitsOnTheDevice) {
  const Network network = Network::open(file(), true);
  Network ready = Network::open(file(), true);
  ready.to(Compute());
  EXPECT_TRUE(ready.denoise(x, sigma, labels).equal(network.denoise(x, sigma, labels)));
}

TEST_P(OfFamily, RunsInHalfPrecisionAndInReducedLayersToo) {
  Network network = Network::open(file(), true);
  const at::Tensor half = network.denoise_half(x, sigma, labels);
  Compute compute;
  compute.layers = at::kBFloat16;
  network.to(compute);
  for (const at::Tensor& found : {half, network.denoise(x, sigma, labels)}) {
    const double difference = (found - denoised).norm().item<double>();
    EXPECT_GT(difference, 0);
    EXPECT_LT(difference, 0.03 * denoised.norm().item<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, OfFamily,
    testing::Values("edm2-cond-fp16.torch2.11.0.pkl", "edm2-guide-cond-fp16.torch2.11.0.pkl",
                    "edm2-uncond-fp16.torch2.11.0.pkl", "tcm-edm2-cond.torch2.11.0.pkl",
                    "sida-ddpmpp-cond.torch1.13.1.pkl", "tcm-ddpmpp-uncond.torch1.13.1.pkl",
                    "ect-ddpmpp-uncond-same.torch1.13.1.pkl", "tcm-ncsnpp-cond-embnorm.torch2.11.0.pkl",
                    "dmd2-adm-cond.zip.bin", "openai-cm-cond.pt", "openai-cm-lsun.pt"),
    [](const auto& row) {
      std::string name = row.param;
      name = name.substr(0, name.find('.'));
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(Edm2, KeepsHalfPrecisionAsItIs) {
  const TemporaryFolder folder;
  Network::open(network_file("edm2-cond-fp16.torch2.11.0.pkl"), true).save(folder / "network.pt");
  const Checkpoint converted = Checkpoint::open(folder / "network.pt");
  std::size_t gains = 0;
  for (const auto& [name, view] : converted.state_dict()) {
    const bool embeds = name.ends_with("freqs") || name.ends_with("phases");  // widened, which moves no bit
    EXPECT_EQ(view.dtype, embeds ? DType::kFloat32 : DType::kFloat16) << name;
    gains += name.ends_with("gain");
  }
  EXPECT_EQ(gains, 16u);  // one a block, and that of the output
}

class Edm2Tree : public testing::Test {
 protected:
  std::string error_after(const std::function<void(ModuleTree&)>& damage) {
    const Checkpoint checkpoint = Checkpoint::open(network_file("edm2-cond-fp16.torch2.11.0.pkl"));
    ModuleTree tree = checkpoint.module("ema");
    damage(tree);
    return error_of([&] {
      Assumptions none;
      settle_network(tree, none);
      Weights weights;
      build_precond(tree, weights);
    });
  }
  static ModuleTree& part(ModuleTree& module, std::initializer_list<const char*> path) {
    ModuleTree* at = &module;
    for (const char* name : path) at = const_cast<ModuleTree*>(at->child(name));
    return *at;
  }
  static void set(ModuleTree& module, const std::string& name, const Attribute& value) {
    for (auto& [key, attribute] : module.attributes)
      if (key == name) attribute = value;
  }
};

TEST_F(Edm2Tree, IsBuiltWithAndWithoutWhatOnlyTrainingNeeds) {
  EXPECT_EQ(error_after([](ModuleTree&) {}), "");
  EXPECT_EQ(error_after([](ModuleTree& tree) {  // ECT's for ImageNet
              std::erase_if(tree.children,
                            [](const auto& child) { return child.first.starts_with("logvar"); });
            }),
            "");
}

TEST_F(Edm2Tree, NamesWhatIsWrong) {
  const auto expect = [](const std::string& error, const std::string& text) {
    EXPECT_NE(error.find(text), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  };
  const auto with = [&](std::initializer_list<const char*> path, const char* name, const Attribute& value) {
    return error_after([&](ModuleTree& tree) { set(part(tree, path), name, value); });
  };
  expect(with({"unet", "enc", "8x8_down"}, "resample_mode", {std::string("sideways")}),
         "'keep', 'up' or 'down'");
  expect(with({"unet", "enc", "8x8_down"}, "flavor", {std::int64_t{1}}), "'enc' or 'dec'");
  expect(with({"unet", "enc", "8x8_down"}, "resample_filter", {Attribute::List{{1.0}, {-1.0}}}),
         "2, 4, ... 64 numbers whose sum is not 0");
  expect(with({"unet", "enc", "8x8_down"}, "resample_filter", {Attribute::List{{1.0}}}), "2, 4, ... 64");
  expect(with({"unet", "enc", "8x8_block0"}, "num_heads", {std::int64_t{5}}), "a divisor of 16");
  expect(with({"unet", "enc", "8x8_block0"}, "res_balance", {2.0}), "a balance from 0 to 1");
  expect(with({"unet", "enc", "8x8_down", "conv_res0"}, "out_channels", {std::int64_t{17}}),
         "'out_channels'");
  expect(with({"unet"}, "concat_balance", {std::string("x")}),
         "ema.unet: expected attribute 'concat_balance'");
  expect(error_after([&](ModuleTree& tree) { part(tree, {"unet"}).parameters.clear(); }),
         "ema.unet.out_gain: expected a tensor of shape [], found none");
  expect(error_after([&](ModuleTree& tree) {
           part(tree, {"unet", "dec"}).children.pop_back();
         }),
         "expected all skips to be used, 1 are left");
  expect(error_after([&](ModuleTree& tree) {
           auto& layers = part(tree, {"unet", "enc"}).children;
           layers.pop_back();
         }),
         "ema.unet.dec");
}

// ---- ECMPrecond, a class of two repositories ----

class Ecm : public testing::Test {
 protected:
  // The tree of ecm-adm.pkl, over a DhariwalUNet and without source text, with another sigma_min.
  ModuleTree tree(double sigma_min) const {
    ModuleTree tree = checkpoint_.module("ema");
    for (auto& [name, value] : tree.attributes)
      if (name == "sigma_min") value.value = sigma_min;
    return tree;
  }
  static std::string settled(ModuleTree tree, const std::vector<std::string>& assumed = {}) {
    Assumptions given(assumed);
    settle_network(tree, given);
    given.expect_all_used("x.pkl");
    return variant_of(tree);
  }

 private:
  Checkpoint checkpoint_ = Checkpoint::open(network_file("ecm-adm.pkl"));
};

std::string class_text(const std::string& body) {
  return "class Loss:\n  c = sigma - self.sigma_min\n\nclass ECMPrecond(torch.nn.Module):\n  def f(self):\n" +
         body + "\nclass Other:\n  d = sigma - self.sigma_min\n";
}

TEST_F(Ecm, IsToldByItsSource) {
  ModuleTree of_ect = tree(0.003), of_tcm = tree(0.002);
  const std::string ect_text = class_text(
      "    c_skip = self.sigma_data ** 2 / (sigma ** 2 + self.sigma_data ** 2)\n"
      "    c_skip = self.sigma_data**2 / ((sigma  -\n  self.sigma_min) ** 2 + self.sigma_data ** 2)\n");
  const std::string tcm_text = class_text(
      "    # not sigma - self.sigma_min\n"
      "    c_skip = self.sigma_data ** 2 / (sigma ** 2 +\tself.sigma_data ** 2)\n");
  of_ect.source = ect_text;
  of_tcm.source = tcm_text;
  EXPECT_EQ(settled(of_ect), "ect");
  EXPECT_EQ(settled(of_tcm), "tcm");
}

TEST_F(Ecm, IsAskedForWhereItsSourceIsNeithers) {
  ModuleTree other = tree(0.002);
  const std::string text = class_text("    c_skip = 1 / sigma ** 2\n");
  other.source = text;
  EXPECT_NE(error_of([&] { settled(other); }).find("--assume ecm=ect"), std::string::npos);
  EXPECT_EQ(settled(other, {"ecm=tcm"}), "tcm");
}

TEST_F(Ecm, IsGuessedBySigmaMinAtTheBoundaryAndSaysSo) {
  ModuleTree guessed = tree(0.002);
  Assumptions none;
  std::string doubt;
  settle_network(guessed, none, &doubt);
  EXPECT_EQ(variant_of(guessed), "ect");
  EXPECT_NE(doubt.find("guessed"), std::string::npos) << doubt;
  EXPECT_EQ(settled(tree(0.002), {"ecm=tcm"}), "tcm");
  std::vector<std::string> warnings;
  Network::open(network_file("ecm-adm.pkl"), true, &warnings);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("ecm-adm.pkl: guessed that its ECMPrecond is ECT's"), std::string::npos)
      << warnings[0];
  EXPECT_NE(error_of([&] { settled(tree(0.01)); }).find("--assume ecm=ect"), std::string::npos);
}

TEST_F(Ecm, IsRefusedWhereNothingTellsUnlessAssumed) {
  const std::string error = error_of([&] { settled(tree(0.003)); });
  EXPECT_NE(error.find("--assume ecm=ect"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  EXPECT_EQ(settled(tree(0.003), {"ecm=tcm"}), "tcm");
  EXPECT_EQ(settled(tree(0.003), {"ecm=ect"}), "ect");
  EXPECT_NE(error_of([&] { settled(tree(0.003), {"ecm=x"}); }).find("expected one of ect, tcm"),
            std::string::npos);
}

TEST(EcmFile, TwoFormulasOfTheSameWeights) {
  const Network tcm = Network::open(network_file("tcm-ddpmpp-uncond.torch1.13.1.pkl"), true),
                ect = Network::open(network_file("ect-ddpmpp-uncond-same.torch1.13.1.pkl"), true);
  EXPECT_EQ(tcm.info().variant, "tcm");
  EXPECT_EQ(ect.info().variant, "ect");
  EXPECT_GT(largest_difference(tcm, ect), 1e-3);
}

}  // namespace
}  // namespace gdd
