// Networks of every known class, compared with what upstream's Python computes from the same files
// (tests/data/networks/make_networks.py).
#include "networks/network.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "archive/npz.h"
#include "compute/compute.h"
#include "networks/fixed_run.h"
#include "networks/golden_tensors.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::expect_close;
using testing_support::network_file;
using testing_support::read_tensor;
using testing_support::TemporaryFolder;

class EveryClass : public testing::TestWithParam<const char*> {
 protected:
  std::string snapshot() const { return network_file(std::string(GetParam()) + ".pkl"); }
  NpzReader expected() const { return NpzReader(network_file(std::string(GetParam()) + ".npz")); }
};

TEST_P(EveryClass, DenoisesAsUpstream) {
  const NpzReader want = expected();
  const Network network = Network::open(snapshot(), /*ema=*/true);
  const at::Tensor x = read_tensor(want, "x"), sigma = read_tensor(want, "sigma");
  const at::Tensor labels = read_tensor(want, "class_labels");
  expect_close(network.denoise(x, sigma, labels), read_tensor(want, "denoised"));
  expect_close(network.denoise(x, sigma.reshape({3, 1, 1, 1}), labels), read_tensor(want, "denoised"));
  if (labels.defined()) expect_close(network.denoise(x, sigma, {}), read_tensor(want, "denoised_bare"));
}

TEST_P(EveryClass, ReadsHalfPrecisionWeightsAsFloat32) {
  const NpzReader want = expected();
  const Network network = Network::open(snapshot(), /*ema=*/false);
  expect_close(
      network.denoise(read_tensor(want, "x"), read_tensor(want, "sigma"), read_tensor(want, "class_labels")),
      read_tensor(want, "denoised_net"));
}

TEST_P(EveryClass, RoundsSigmaAndKnowsItsRange) {
  const NpzReader want = expected();
  const Network network = Network::open(snapshot(), true);
  EXPECT_TRUE(network.round_sigma(read_tensor(want, "sigma") * 1.01).equal(read_tensor(want, "round_sigma")));
  EXPECT_EQ(network.info().sigma_min, read_tensor(want, "sigma_min").item<double>());
  EXPECT_EQ(network.info().sigma_max, read_tensor(want, "sigma_max").item<double>());
  EXPECT_EQ(network.info().img_resolution, 8);
  EXPECT_EQ(network.info().img_channels, 3);
}

TEST_P(EveryClass, IsTheSameNetworkAfterSaveAndOpen) {
  const TemporaryFolder folder;
  const Network network = Network::open(snapshot(), true);
  network.save(folder / "network.pt");
  const Network converted = Network::open(folder / "network.pt", true);
  EXPECT_EQ(largest_difference(network, converted), 0);
  EXPECT_EQ(fixed_run_digest(network), fixed_run_digest(converted));
  EXPECT_EQ(network.info().metadata_json, converted.info().metadata_json);
  EXPECT_EQ(network.info().sigma_max, converted.info().sigma_max);
  EXPECT_EQ(network.info().num_parameters, converted.info().num_parameters);
}

TEST_P(EveryClass, RunsInHalfPrecisionToo) {
  const NpzReader want = expected();
  const Network network = Network::open(snapshot(), true);
  const at::Tensor whole = read_tensor(want, "denoised");
  const at::Tensor half = network.denoise_half(read_tensor(want, "x"), read_tensor(want, "sigma"),
                                               read_tensor(want, "class_labels"));
  const double difference = (half - whole).abs().max().item<double>();
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 0.05 * whole.abs().max().item<double>());
}

// Layers of 8 bits' precision, sums and normalisation of 24; the output keeps its dtype.
TEST_P(EveryClass, RunsReducedLayersWhereAskedTo) {
  const NpzReader want = expected();
  Network network = Network::open(snapshot(), true);
  Compute compute;
  compute.layers = at::kBFloat16;
  network.to(compute);
  const at::Tensor whole = read_tensor(want, "denoised");
  const at::Tensor reduced =
      network.denoise(read_tensor(want, "x"), read_tensor(want, "sigma"), read_tensor(want, "class_labels"));
  EXPECT_EQ(reduced.scalar_type(), whole.scalar_type());
  EXPECT_TRUE(reduced.is_contiguous());
  const double difference = (reduced - whole).abs().max().item<double>();
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 0.05 * whole.abs().max().item<double>());
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryClass,
                         testing::Values("gdd-ncsnpp", "d2o-skip", "edm-ddpmpp-augment", "ecm-adm",
                                         "vp-ddpmpp", "ve-ncsnpp", "iddpm-adm"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Network, OnlyGddKeepsFloat64) {
  const at::Tensor x = at::zeros({1, 3, 8, 8}, at::kDouble), sigma = at::ones({1}, at::kDouble);
  const auto dtype_of = [&](const char* name) {
    return Network::open(network_file(name), true).denoise(x, sigma, {}).scalar_type();
  };
  EXPECT_EQ(dtype_of("gdd-ncsnpp.pkl"), at::kDouble);
  EXPECT_EQ(dtype_of("edm-ddpmpp-augment.pkl"), at::kFloat);
}

TEST(Network, TellsWhereItCameFrom) {
  const NetworkInfo info = Network::open(network_file("gdd-ncsnpp.pkl"), false).info();
  const auto json = nlohmann::json::parse(info.metadata_json);
  EXPECT_EQ(json["precond"]["class"], "GDDPrecond");
  EXPECT_EQ(json["model"]["class"], "SongUNet");
  EXPECT_EQ(json["model"]["hyperparameters"]["resample_filter"], nlohmann::json({1, 3, 3, 1}));
  EXPECT_EQ(json["precond"]["hyperparameters"]["sigma_max"], "inf");
  EXPECT_EQ(json["weights"], "net");
  EXPECT_EQ(json["snapshot"]["sha256"], info.snapshot_sha256);
  EXPECT_EQ(json["module_src_sha256"].size(), 7u);
}

TEST(Network, RefusesAConvertedFileOfTheOtherWeights) {
  const TemporaryFolder folder;
  Network::open(network_file("gdd-ncsnpp.pkl"), false).save(folder / "net.pt");
  const std::string error = error_of([&] { Network::open(folder / "net.pt", true); });
  EXPECT_NE(error.find("expected the weights 'ema', the file was converted from 'net'"), std::string::npos)
      << error;
}

TEST(Network, RefusesTorchScriptOfOthers) {
  const std::string path = std::string(GDD_TEST_DATA) + "/checkpoints/script.pt";
  const std::string error = error_of([&] { Network::open(path, true); });
  EXPECT_NE(error.find("without gdd.json"), std::string::npos) << error;
}

TEST(Network, RefusesOtherZipsInOneLine) {
  const std::string path = std::string(GDD_TEST_DATA) + "/archive/mixed.zip";
  const std::string error = error_of([&] { Network::open(path, true); });
  EXPECT_NE(error.find("found a zip archive of other files"), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST(Network, TellsHowToDownloadAUrl) {
  const std::string error = error_of([] { Network::open("https://example.org/a/b.pkl", true); });
  EXPECT_NE(error.find("curl -fL -o all_ckpt/b.pkl https://example.org/a/b.pkl"), std::string::npos) << error;
}

TEST(Network, RefusesImagesOfAnotherShape) {
  const Network network = Network::open(network_file("tiny.pkl"), true);
  const std::string error = error_of([&] { network.denoise(at::zeros({1, 3, 16, 16}), at::ones({1}), {}); });
  EXPECT_NE(error.find("expected images [N, 3, 8, 8], found [1, 3, 16, 16]"), std::string::npos) << error;
}

TEST(Network, NamesTheWeightsThereAreWhenAskedForOthers) {
  const std::string error = error_of([] { Network::open(network_file("tiny.pkl"), false); });
  EXPECT_NE(error.find("ema"), std::string::npos) << error;
}

TEST(Network, LeavesNothingBehindWhenItCannotSave) {
  const TemporaryFolder folder;
  const Network network = Network::open(network_file("tiny.pkl"), true);
  std::filesystem::create_directory(folder.path() / "taken");
  EXPECT_NE(error_of([&] { network.save(folder / "taken"); }), "");
  EXPECT_EQ(folder.count(), 1);
}

}  // namespace
}  // namespace gdd
