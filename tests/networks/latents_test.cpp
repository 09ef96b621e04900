// Networks over latents: what their files say of them, and how they become images.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "networks/fixed_run.h"
#include "networks/golden_tensors.h"
#include "networks/network.h"
#include "networks/vae_decoder.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_tensor;
using testing_support::TemporaryFolder;

std::string latent_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/vae/" + name; }

// np.float32(final_std) / np.float32(raw_std), and what follows from it.
TEST(LatentEncoding, IsReadFromTheSnapshotToTheLastBit) {
  const Network network = Network::open(latent_file("edm2-latent.pkl"), true);
  ASSERT_TRUE(network.info().latents);
  const LatentEncoding& latents = *network.info().latents;
  EXPECT_EQ(latents.encoder, "StabilityVAEEncoder");
  EXPECT_EQ(latents.vae, "stabilityai/sd-vae-ft-mse");
  EXPECT_EQ(latents.scale, (std::vector<float>{0.119904071F, 0.108225107F, 0.134770885F, 0.152439028F}));
  EXPECT_EQ(latents.bias, (std::vector<float>{-0.696642637F, -0.351731598F, -0.0161725059F, 0.327743918F}));
  EXPECT_TRUE(latents.given.empty());
}

// SiDA's snapshots hold no encoder, and its script has EDM2's numbers.
TEST(LatentEncoding, OfSiDAIsThatOfItsScript) {
  const NetworkInfo sida = Network::open(latent_file("sida-edm2.pkl"), true).info();
  const NetworkInfo edm2 = Network::open(latent_file("edm2-latent.pkl"), true).info();
  ASSERT_TRUE(sida.latents);
  EXPECT_EQ(sida.latents->scale, edm2.latents->scale);
  EXPECT_EQ(sida.latents->bias, edm2.latents->bias);
  EXPECT_TRUE(sida.leaves_precision);
  EXPECT_FALSE(edm2.leaves_precision);
}

TEST(LatentEncoding, OfPixelsIsNone) {
  EXPECT_FALSE(
      Network::open(testing_support::network_file("edm2-cond-fp16.torch2.11.0.pkl"), true).info().latents);
}

TEST(LatentEncoding, GoesWithTheConvertedFile) {
  const TemporaryFolder folder;
  const Network network = Network::open(latent_file("edm2-latent-own.pkl"), true);
  network.save(folder / "network.pt");
  const Network converted = Network::open(folder / "network.pt", true);
  EXPECT_EQ(largest_difference(network, converted), 0);
  EXPECT_EQ(converted.info().format, 3);
  ASSERT_TRUE(converted.info().latents);
  EXPECT_EQ(converted.info().latents->scale, network.info().latents->scale);
  EXPECT_EQ(converted.info().latents->bias, network.info().latents->bias);
  EXPECT_EQ(converted.info().latents->vae, network.info().latents->vae);
  const auto latents = nlohmann::json::parse(converted.info().metadata_json).at("latents");
  EXPECT_EQ(latents.at("encoder"), "StabilityVAEEncoder");
  EXPECT_EQ(latents.at("given").at("raw_std"), (std::vector<double>{2, 1.5, 1, 3}));
  EXPECT_EQ(latents.at("given").at("final_std"), 0.7);
}

TEST(LatentEncoding, IsCheckedWhereverItComesFrom) {
  const std::string where = "file";
  LatentEncoding good{"", "", {1, 2}, {0, 0}};
  EXPECT_EQ(error_of([&] { check_latent_encoding(good, 2, where); }), "");
  for (const auto& [scale, bias, part] :
       std::vector<std::tuple<std::vector<float>, std::vector<float>, const char*>>{
           {{1}, {0, 0}, "scale"},
           {{1, 0}, {0, 0}, "scale to be a finite number other than 0 for each of 2 channels, found [1, 0]"},
           {{1, INFINITY}, {0, 0}, "scale"},
           {{1, 1}, {0, NAN}, "bias"},
           {{1, 1}, {0, 0, 0}, "bias"}})
    EXPECT_NE(error_of([&, scale = scale, bias = bias] {
                check_latent_encoding({"", "", scale, bias}, 2, where);
              }).find(part),
              std::string::npos);
}

TEST(LatentEncoding, AMisfitOfManyNumbersIsToldInShort) {
  const LatentEncoding many{"", "", std::vector<float>(5000, 1), {0, 0}};
  EXPECT_NE(error_of([&] {
              check_latent_encoding(many, 2, "file");
            }).find("2 channels, found [1, 1, 1, 1, 1, 1, 1, 1, ...], 5000 numbers; the file is damaged"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              check_latent_encoding({"", "", {}, {}}, 2, "file");
            }).find("found []"),
            std::string::npos);
}

// More images than are decoded together.
TEST(DecodeLatents, IsOfEveryImageOnItsOwn) {
  const VaeDecoder vae = VaeDecoder::open(latent_file("small.safetensors"));
  const NpzReader golden(latent_file("edm2-latent.npz"));
  const at::Tensor latents = read_tensor(golden, "plain_latents");
  const LatentEncoding encoding = *Network::open(latent_file("edm2-latent.pkl"), true).info().latents;
  const at::Tensor images = decode_latents(encoding, vae, latents.to(at::kDouble));
  ASSERT_EQ(images.sizes(), (std::vector<std::int64_t>{8, 3, 16, 16}));
  EXPECT_EQ(images.scalar_type(), at::kFloat);
  testing_support::expect_close(decode_latents(encoding, vae, latents.slice(0, 5, 6)), images.slice(0, 5, 6));
}

}  // namespace
}  // namespace gdd
