// The programs on a GPU against themselves on the CPU, with the same random streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "cli/run_program.h"
#include "gpu/on_a_gpu.h"
#include "support/files_of_run.h"

namespace gdd {
namespace {

using testing::Outcome;
using testing_support::files_of_run;
using testing_support::read_text;
using Json = nlohmann::json;

// Beside this executable, wherever both were carried to.
std::string programs() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().string(); }

class ProgramsOnAGpu : public testing_support::OnAGpu {
 protected:
  void run(const std::string& program, const std::string& arguments) const {
    const Outcome outcome = testing::run_program(program, arguments, programs());
    ASSERT_EQ(outcome.exit_code, 0) << program << " " << arguments << "\n" << outcome.err;
  }
  static std::string network(const std::string& name) {
    return std::string("--network '") + GDD_TEST_DATA + "/networks/" + name + ".torch1.13.1.pkl' ";
  }
  std::string out(const std::string& name) const { return "'" + folder_ / name + "' "; }

  // `key` of an npz, of `Number`s.
  template <class Number>
  std::vector<double> numbers(const std::string& name, const std::string& key) const {
    const NpyArray array = NpzReader(folder_ / name).read(key);
    std::vector<Number> values(array.data.size() / sizeof(Number));
    std::memcpy(values.data(), array.data.data(), array.data.size());
    return {values.begin(), values.end()};
  }
  // By name and protocol.
  std::map<std::string, double> scores(const std::string& name) const {
    std::map<std::string, double> found;
    const Json report = Json::parse(read_text(folder_ / name));
    for (const Json& score : report.at("scores"))
      found[score.at("name").get<std::string>() + " " + score.at("protocol").get<std::string>()] =
          score.at("value");
    return found;
  }

  testing::ScratchFolder folder_;
};

// ||found - expected|| / ||expected||.
double apart(const std::vector<double>& found, const std::vector<double>& expected) {
  EXPECT_EQ(found.size(), expected.size());
  double difference = 0, scale = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += (found[i] - expected[i]) * (found[i] - expected[i]);
    scale += expected[i] * expected[i];
  }
  return std::sqrt(difference / scale);
}

// Rounding of one pass: float32 1e-7, some hundred layers deep; TF32 and float16 keep 11 bits, bfloat16 8.
struct Precision {
  const char* name;
  double bound;
};
constexpr Precision kPrecisions[] = {
    {"fp32", 1e-5}, {"default", 5e-3}, {"tf32", 5e-3}, {"fp16", 5e-3}, {"bf16", 4e-2}};

TEST_F(ProgramsOnAGpu, GddSampleMakesTheImagesOfTheCpu) {
  for (const char* name : {"gdd-ncsnpp-cond", "edm-vp-uncond", "ect-ddpmpp-uncond"}) {
    const std::string sample = network(name) + "--seeds 0-9 --batch 4 --rng cpu --save-float ";
    run("gdd-sample", sample + out("cpu.npz") + "--device cpu");
    const std::vector<double> expected = numbers<double>("cpu.npz", "images");
    for (const auto& [precision, bound] : kPrecisions) {
      run("gdd-sample", sample + out("gpu.npz") + "--device cuda --precision " + precision);
      const double found = apart(numbers<double>("gpu.npz", "images"), expected);
      std::printf("%s, %s: images apart by %.2g\n", name, precision, found);
      EXPECT_LE(found, bound) << name << " " << precision;
    }
  }
}

// The decoder stays in float32 there whatever the layers of the network do.
TEST_F(ProgramsOnAGpu, LatentsAreDecodedAsOnTheCpu) {
  const std::string folder = std::string(GDD_TEST_DATA) + "/vae/";
  const std::string sample =
      "--network '" + folder + "sida-edm2.pkl' --vae '" + folder +
      "small.safetensors' --sigma_max 2.5 --seeds 0-9 --batch 8 --rng cpu --save-float ";
  run("gdd-sample", sample + out("cpu.npz") + "--device cpu");
  const std::vector<double> expected = numbers<double>("cpu.npz", "images");
  for (const auto& [precision, bound] : kPrecisions) {
    run("gdd-sample", sample + out("gpu.npz") + "--device cuda --precision " + precision);
    EXPECT_LE(apart(numbers<double>("gpu.npz", "images"), expected), bound) << precision;
  }
}

TEST_F(ProgramsOnAGpu, EverySamplerDoesThere) {
  for (const char* sampler :
       {"one_step", "two_step", "multi_step --steps 3", "edm --steps 4", "edm --steps 4 --S_churn 2",
        "edm --steps 4 --solver euler --disc vp --schedule vp --scaling vp"}) {
    const std::string sample = network("gdd-ncsnpp-cond") +
                               "--seeds 0-3 --rng cpu --precision fp32 --sampler " + sampler +
                               " --save-float ";
    run("gdd-sample", sample + out("cpu.npz") + "--device cpu");
    run("gdd-sample", sample + out("gpu.npz") + "--device cuda");
    EXPECT_LE(apart(numbers<double>("gpu.npz", "images"), numbers<double>("cpu.npz", "images")), 1e-4)
        << sampler;
  }
}

// The stream of a GPU: its own there, emulated on the CPU.
TEST_F(ProgramsOnAGpu, TheStreamOfAGpuIsTheSameOnTheCpu) {
  const std::string sample = network("gdd-ncsnpp-cond") + "--seeds 0-63 --rng cuda --precision fp32 ";
  run("gdd-sample", sample + "--device cuda --outdir " + out("gpu"));
  run("gdd-sample", sample + "--device cpu --outdir " + out("cpu"));
  EXPECT_EQ(numbers<std::int64_t>("gpu/image_pack.npz", "arr_1"),
            numbers<std::int64_t>("cpu/image_pack.npz", "arr_1"));
  const auto found = numbers<std::uint8_t>("gpu/image_pack.npz", "arr_0"),
             expected = numbers<std::uint8_t>("cpu/image_pack.npz", "arr_0");
  ASSERT_EQ(found.size(), expected.size());
  std::ptrdiff_t differ = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    differ += found[i] != expected[i];
    ASSERT_LE(std::abs(found[i] - expected[i]), 1);  // a value beside the border of two
  }
  EXPECT_LE(static_cast<double>(differ), 1e-3 * static_cast<double>(found.size()));
}

TEST_F(ProgramsOnAGpu, TheSameCommandGivesTheSameBytes) {
  for (const char* precision : {"default", "bf16"}) {
    const std::string sample =
        network("gdd-ncsnpp-cond") + "--seeds 0-199 --device cuda --precision " + precision + " --outdir ";
    const std::string once = std::string("once-") + precision, again = std::string("again-") + precision;
    run("gdd-sample", sample + out(once));
    run("gdd-sample", sample + out(again));
    EXPECT_EQ(files_of_run(folder_ / once).size(), 201u);
    EXPECT_TRUE(files_of_run(folder_ / once) == files_of_run(folder_ / again)) << precision;
  }
}

TEST_F(ProgramsOnAGpu, GddEvalFindsTheScoresOfTheCpu) {
  run("gdd-sample", network("gdd-ncsnpp-cond") + "--seeds 5000-5299 --device cpu --outdir " + out("ref"));
  const std::string evaluate =
      network("gdd-ncsnpp-cond") +
      "--seeds 0-1299 --rng cpu --precision fp32 --detector demo --metrics fid,kid,is,pr,prdc "
      "--kid-subset-size 50 --split-size 300 --ref " +
      out("ref") + " --json ";
  run("gdd-eval", evaluate + out("cpu.json") + "--device cpu --outdir " + out("cpu"));
  run("gdd-eval", evaluate + out("gpu.json") + "--device cuda --outdir " + out("gpu"));
  run("gdd-eval", evaluate + out("again.json") + "--device cuda --outdir " + out("again"));
  EXPECT_EQ(scores("gpu.json"), scores("again.json"));
  const auto expected = scores("cpu.json"), found = scores("gpu.json");
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, value] : expected) {
    std::printf("%s: %.9g, on the CPU %.9g\n", name.c_str(), found.at(name), value);
    // Some pixels are one level apart, and a count of neighbours may change by a few of 1300.
    const bool counted = name.starts_with("precision") || name.starts_with("recall") ||
                         name.starts_with("density") || name.starts_with("coverage");
    EXPECT_NEAR(found.at(name), value, counted ? 5e-3 : 1e-3 * std::abs(value) + 1e-6) << name;
  }
}

TEST_F(ProgramsOnAGpu, GddFidTakesTheFeaturesOfFilesThere) {
  run("gdd-sample", network("gdd-ncsnpp-cond") + "--seeds 0-599 --device cpu --outdir " + out("images"));
  for (const char* protocol : {"edm", "pytorch-fid", "clean"}) {
    const std::string extract =
        "features --data " + out("images") + "--detector demo --batch 48 --protocol " + protocol + " --dest ";
    run("gdd-fid", extract + out("cpu.npz") + "--device cpu");
    run("gdd-fid", extract + out("gpu.npz") + "--device cuda");
    const double found = apart(numbers<float>("gpu.npz", "features"), numbers<float>("cpu.npz", "features"));
    std::printf("%s: features apart by %.2g\n", protocol, found);
    EXPECT_LE(found, 1e-5) << protocol;
  }
}

}  // namespace
}  // namespace gdd
