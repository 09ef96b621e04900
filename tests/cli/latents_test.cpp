// Networks over latents with the decoder that makes pictures of them, as a user runs them: against what
// EDM2's and SiDA's own scripts make of the same files (tests/data/vae), and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "archive/npz.h"
#include "archive/zip.h"
#include "cli/run_program.h"

namespace gdd::testing {
namespace {

std::string file(const std::string& name) { return GDD_TEST_DATA "/vae/" + name; }
std::string quoted(const std::string& path) { return "'" + path + "' "; }

const std::string kVae = "--vae " + quoted(file("small.safetensors"));
const std::string kHeun = "--sampler edm2 --steps 5 ";

class Latents : public ::testing::Test {
 protected:
  static Outcome run(const std::string& program, const std::string& network, const std::string& flags) {
    return run_program(program, "--network " + quoted(network) + "--device cpu --seeds 100-107 " + flags);
  }
  Outcome sample(const std::string& network, const std::string& flags, const std::string& out = "out") {
    return run("gdd-sample", network, "--outdir " + quoted(folder_ / out) + flags);
  }
  std::vector<std::uint8_t> pixels(const std::string& out = "out") {
    return NpzReader(folder_ / out + "/image_pack.npz").read("arr_0").as_uint8();
  }
  nlohmann::json provenance() {
    return nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  }
  ScratchFolder folder_;
};

struct Golden {
  std::string network, npz, prefix, flags;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.network << ' ' << golden.prefix; }
class OfTheAuthors : public Latents, public ::testing::WithParamInterface<Golden> {};

// On another processor the last bits differ: one byte in a thousand off by one.
TEST_P(OfTheAuthors, MakesTheSamePictures) {
  const auto& [network, npz, prefix, flags] = GetParam();
  const Outcome outcome = sample(file(network), kVae + flags);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const NpzReader golden(file(npz));
  const NpzReader pack(folder_ / "out/image_pack.npz");
  EXPECT_EQ(pack.read("arr_0").shape(), (std::vector<std::int64_t>{8, 16, 16, 3}));
  const auto found = pack.read("arr_0").as_uint8(), wanted = golden.read(prefix + "images").as_uint8();
  ASSERT_EQ(found.size(), wanted.size());
  std::size_t off = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_LE(std::abs(found[i] - wanted[i]), 1) << i;
    off += found[i] != wanted[i];
  }
  EXPECT_LE(off, found.size() / 1000);
  EXPECT_EQ(pack.has("arr_1"), golden.has(prefix + "labels"));
  if (golden.has(prefix + "labels")) {
    EXPECT_EQ(pack.read("arr_1").as_int64(), golden.read(prefix + "labels").as_int64());
  }
}

// As EDM2's encoder.decode() takes them.
TEST_P(OfTheAuthors, KeepsTheSameLatents) {
  const auto& [network, npz, prefix, flags] = GetParam();
  const Outcome outcome =
      run("gdd-sample", file(network), flags + "--save-float " + quoted(folder_ / "latents.npz"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const NpyArray found = NpzReader(folder_ / "latents.npz").read("latents"),
                 wanted = NpzReader(file(npz)).read(prefix + "latents");
  EXPECT_EQ(found.header.dtype_text(), "<f4");
  ASSERT_EQ(found.shape(), wanted.shape());
  const std::vector<double> a = found.as_float64(), b = wanted.as_float64();
  double largest = 1, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  EXPECT_LE(difference, 1e-5 * largest);
}

INSTANTIATE_TEST_SUITE_P(
    Files, OfTheAuthors,
    ::testing::Values(Golden{"edm2-latent.pkl", "edm2-latent.npz", "plain_", kHeun},
                      Golden{"edm2-latent.pkl", "edm2-latent.npz", "guided_",
                             kHeun + "--guidance 1.7 --gnet " + quoted(file("edm2-latent-guide.pkl"))},
                      Golden{"edm2-latent-own.pkl", "edm2-latent.npz", "own_", kHeun},
                      Golden{"sida-edm2.pkl", "sida-edm2.npz", "", "--sigma_max 2.5 "}),
    [](const auto& row) { return row.param.prefix.empty() ? "sida" : row.param.prefix + "edm2"; });

TEST_F(Latents, FromAConvertedFileAreTheSame) {
  ASSERT_EQ(run_program("gdd-convert", quoted(file("sida-edm2.pkl")) + quoted(folder_ / "x.pt")).exit_code,
            0);
  ASSERT_EQ(sample(file("sida-edm2.pkl"), kVae + "--sigma_max 2.5").exit_code, 0);
  const Outcome outcome = sample(folder_ / "x.pt", kVae + "--sigma_max 2.5", "converted");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(pixels("converted"), pixels());
}

TEST_F(Latents, MakeEveryKindOfFile) {
  const Outcome outcome =
      sample(file("sida-edm2.pkl"), kVae + "--zip " + quoted(folder_ / "x.zip") + "--grid 2x4 " +
                                        quoted(folder_ / "g.png") + "--captions labels --save-float " +
                                        quoted(folder_ / "f.npz") + "--json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(NpzReader(folder_ / "f.npz").read("images").shape(), (std::vector<std::int64_t>{8, 3, 16, 16}));
  EXPECT_EQ(ZipReader(folder_ / "x.zip").entries().size(), 9u);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "g.png"));
  const nlohmann::json told = provenance();
  EXPECT_EQ(told.at("hashes").at("vae").get<std::string>().size(), 64u);
  EXPECT_EQ(told.at("vae").at("file"), file("small.safetensors"));
  EXPECT_EQ(told.at("vae").at("decoded_together"), 4);
  EXPECT_EQ(told.at("quantisation"), "trunc(clamp(x,0,1)*255)");
  EXPECT_NE(told.at("network").at("latents").get<std::string>().find("SiDA"), std::string::npos);
}

// The VAE is part of the plan: another one is another run, by name.
TEST_F(Latents, ARunKnowsItsVae) {
  const std::string network = file("sida-edm2.pkl");
  ASSERT_EQ(sample(network, kVae).exit_code, 0);
  const std::vector<std::uint8_t> first = pixels();
  EXPECT_NE(sample(network, kVae).err.find("nothing to compute"), std::string::npos);
  const Outcome other = sample(network, "--vae " + quoted(file("tiny.old.zip.bin")));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("expected a run with vae "), std::string::npos) << other.err;
  std::filesystem::remove(folder_ / "out/000103.png");
  const Outcome again = sample(network, kVae);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(pixels(), first);
}

TEST_F(Latents, SharesMakeTheSamePictures) {
  const std::string network = file("sida-edm2.pkl"), flags = kVae + "--batch 2 ";
  ASSERT_EQ(sample(network, flags).exit_code, 0);
  for (const char* shard : {"1/2", "0/2"})
    ASSERT_EQ(sample(network, flags + "--shard " + shard, "shared").exit_code, 0);
  ASSERT_EQ(sample(network, flags, "shared").exit_code, 0);
  EXPECT_EQ(pixels("shared"), pixels());
}

TEST_F(Latents, GddEvalScoresThePicturesOfGddSample) {
  ASSERT_EQ(sample(file("edm2-latent.pkl"), kVae + kHeun).exit_code, 0);
  const std::string flags = kVae + kHeun + "--metrics is --detector demo --keep-images --outdir " +
                            quoted(folder_ / "eval") + "--json " + quoted(folder_ / "r.json");
  const Outcome outcome = run("gdd-eval", file("edm2-latent.pkl"), flags);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(pixels("eval"), pixels());
  EXPECT_EQ(provenance().at("hashes").at("vae").get<std::string>().size(), 64u);
  EXPECT_NE(run("gdd-eval", file("edm2-latent.pkl"), flags).err.find("nothing was sampled"),
            std::string::npos);
  const Outcome foreseen = run("gdd-eval", file("edm2-latent.pkl"), flags + "--dry-run");
  EXPECT_EQ(foreseen.exit_code, 0) << foreseen.err;
}

void expect_refusal(const Outcome& outcome, int exit_code, const std::vector<std::string>& parts) {
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  for (const std::string& part : parts) EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
}

TEST_F(Latents, AreNoPicturesWithoutAVae) {
  const std::string network = file("edm2-latent.pkl");
  const std::vector<std::string> parts{"makes latents of 4 channels", "--vae FILE",
                                       "stabilityai/sd-vae-ft-mse"};
  expect_refusal(sample(network, kHeun), 2, parts);
  expect_refusal(run("gdd-sample", network, "--zip " + quoted(folder_ / "x.zip")), 2, parts);
  expect_refusal(run("gdd-sample", network, "--grid 2x2 " + quoted(folder_ / "x.png")), 2, parts);
  expect_refusal(run("gdd-eval", network, "--metrics is --detector demo --outdir " + quoted(folder_ / "e")),
                 2, parts);
  for (const char* begun : {"out/.gdd-run", "e"}) EXPECT_FALSE(std::filesystem::exists(folder_ / begun));
}

TEST_F(Latents, AVaeBelongsToANetworkOverItsLatents) {
  const std::string pixel_network = GDD_TEST_DATA "/networks/edm2-cond-fp16.torch2.11.0.pkl";
  expect_refusal(sample(pixel_network, kVae), 2, {"--vae", "this network makes pixels"});
  expect_refusal(
      run("gdd-eval", pixel_network, kVae + "--metrics is --detector demo --outdir " + quoted(folder_ / "e")),
      2, {"this network makes pixels"});
  const std::string latent = file("edm2-latent.pkl");
  expect_refusal(sample(latent, "--vae " + quoted(file("sida-edm2.pkl"))), 1, {"found a file of modules"});
  expect_refusal(sample(latent, "--vae nowhere"), 1, {"nowhere"});
  expect_refusal(sample(latent, kVae + "--preset dmd2"), 2, {"--preset dmd2", "--vae"});
}

// "--vae $VAE" of a variable that is not set.
TEST_F(Latents, AnEmptyNameIsNoFile) {
  const std::string network = file("edm2-latent.pkl"), found = ": expected a file, found an empty name",
                    eval = "--metrics is --detector demo --outdir " + quoted(folder_ / "e");
  for (const std::string flag : {"--vae", "--gnet"}) {
    const std::string empty = kHeun + "--guidance 2 " + flag + " '' ";
    expect_refusal(sample(network, empty), 2, {flag + found});
    expect_refusal(run("gdd-eval", network, empty + eval), 2, {flag + found});
  }
  expect_refusal(sample("", kVae), 2, {"--network" + found});
  expect_refusal(run("gdd-eval", "", eval), 2, {"--network" + found});
  expect_refusal(run_program("gdd-eval", "watch " + quoted(folder_.path().string()) + "--vae '' " + eval), 2,
                 {"--vae" + found});
}

TEST_F(Latents, AGuideIsOfTheSameLatents) {
  expect_refusal(sample(file("edm2-latent.pkl"),
                        kVae + kHeun + "--guidance 2 --gnet " + quoted(file("edm2-latent-own.pkl"))),
                 2, {"--gnet", "expected a network over the same latents", "scale [0.349999994"});
}

}  // namespace
}  // namespace gdd::testing
