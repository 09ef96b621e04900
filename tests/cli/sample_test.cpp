// gdd-sample as a user runs it, against what upstream's own generate.py makes of the same snapshot
// (tests/data/samples).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "archive/npz.h"
#include "cli/golden_images.h"
#include "cli/run_program.h"
#include "images/source.h"

namespace gdd::testing {
namespace {

const std::string kSnapshot = GDD_TEST_DATA "/networks/gdd-ncsnpp-cond.torch1.13.1.pkl";

class GddSample : public ::testing::Test {
 protected:
  Outcome run(const std::string& arguments) {
    return run_program("gdd-sample", "--network '" + kSnapshot + "' --device cpu " + arguments);
  }
  std::string outdir() const { return "--outdir '" + folder_ / "out" + "' "; }
  ScratchFolder folder_;
};

struct Golden {
  std::string network, tag, flags;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.network << ' ' << golden.tag; }
class Upstream : public GddSample, public ::testing::WithParamInterface<Golden> {};

TEST_P(Upstream, MakesTheSameImages) {
  const auto& [network, tag, flags] = GetParam();
  const std::string file = GDD_TEST_DATA "/samples/sample." + network + "." + tag + ".npz";
  const std::string snapshot = GDD_TEST_DATA "/networks/" + network + ".torch1.13.1.pkl";
  const std::string last_seed = std::to_string(NpzReader(file).header("seeds").shape.at(0) - 1);
  const Outcome outcome =
      run_program("gdd-sample", "--network '" + snapshot + "' --device cpu " + outdir() + "--seeds 0-" +
                                    last_seed + " --save-float '" + folder_ / "float.npz" + "' " + flags);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;

  expect_images(file, folder_.path().string(), 5e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Upstream,
    ::testing::Values(
        Golden{"gdd-ncsnpp-cond", "one_step", ""}, Golden{"gdd-ncsnpp-cond", "one_step_class3", "--class 3"},
        Golden{"gdd-ncsnpp-cond", "two_step_middle0.8", "--sampler two_step --middle 0.8"},
        Golden{"gdd-ncsnpp-cond", "edm5_churn",
               "--sampler edm --steps 5 --S_churn 40 --S_min 0.05 --S_max 50 --S_noise 1.003"},
        Golden{"gdd-ncsnpp-uncond", "multi_step4", "--sampler multi_step --steps 4"},
        Golden{"ect-ddpmpp-uncond", "consistency2_0.821", "--sampler consistency --mid_t 0.821"},
        Golden{"edm-vp-uncond", "ablation_vp_euler6",
               "--sampler edm --steps 6 --solver euler --disc vp --schedule vp --scaling vp"},
        Golden{"edm-ve-uncond", "ablation_ve_euler6",
               "--sampler edm --steps 6 --solver euler --disc ve --schedule ve --scaling none"}),
    [](const auto& row) {
      std::string name = row.param.tag;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

TEST_F(GddSample, WritesTheSamePixelsToPngAndPackInTheOrderOfTheSeeds) {
  ASSERT_EQ(run(outdir() + "--subdirs --seeds 1001,3").exit_code, 0);
  ASSERT_TRUE(std::filesystem::exists(folder_ / "out/001000/001001.png"));
  ASSERT_TRUE(std::filesystem::exists(folder_ / "out/000000/000003.png"));
  const std::vector<std::uint8_t> pack = NpzReader(folder_ / "out/image_pack.npz").read("arr_0").as_uint8();
  const auto first = open_image_source(folder_ / "out/001000")->read(0);
  EXPECT_TRUE(std::equal(first.pixels.begin(), first.pixels.end(), pack.begin()));
}

TEST_F(GddSample, GivesTheSameFromTheConvertedFile) {
  ASSERT_EQ(run_program("gdd-convert", "'" + kSnapshot + "' '" + folder_ / "net.pt" + "'").exit_code, 0);
  const std::string flags = "--device cpu --seeds 0-3 --save-float ";
  ASSERT_EQ(run("--seeds 0-3 --save-float '" + folder_ / "pkl.npz" + "'").exit_code, 0);
  ASSERT_EQ(run_program("gdd-sample",
                        "--network '" + folder_ / "net.pt" + "' " + flags + "'" + folder_ / "pt.npz" + "'")
                .exit_code,
            0);
  EXPECT_EQ(floats(folder_ / "pkl.npz", "images"), floats(folder_ / "pt.npz", "images"));
}

TEST_F(GddSample, TakesClassesInTurn) {
  ASSERT_EQ(run(outdir() + "--seeds 0-4 --class 1,4-5").exit_code, 0);
  EXPECT_EQ(NpzReader(folder_ / "out/image_pack.npz").read("arr_1").as_int64(),
            (std::vector<std::int64_t>{1, 4, 5, 1, 4}));
}

TEST_F(GddSample, LeavesItsCheckpointAndSeedsForTheReportsOfScores) {
  ASSERT_EQ(run(outdir() + "--seeds 3-9 --json '" + folder_ / "s.json" + "'").exit_code, 0);
  for (const char* images : {"out", "out/image_pack.npz"}) {
    const Outcome outcome = run_program(
        "gdd-is", "--detector demo --images '" + folder_ / images + "' --json '" + folder_ / "is.json" + "'");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto provenance = nlohmann::json::parse(read_text(folder_ / "is.json"))["provenance"];
    EXPECT_EQ(provenance["hashes"]["checkpoint"],
              nlohmann::json::parse(read_text(folder_ / "s.json"))["provenance"]["hashes"]["snapshot"]);
    EXPECT_EQ(provenance["seeds"]["images"], "3-9");
  }
}

TEST_F(GddSample, DrawsAGridWithoutAFolder) {
  const Outcome outcome = run("--seeds 0-5 --grid 2x3 '" + folder_ / "grid.png" + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, folder_ / "grid.png" + "\n");
  const Image grid = open_image_source(folder_.path().string())->read(0);
  EXPECT_GE(grid.height, 2 * 16);
  EXPECT_GE(grid.width, 3 * 16);
}

TEST_F(GddSample, ReportsWhereImagesCameFrom) {
  ASSERT_EQ(run(outdir() + "--seeds 0-1 --json '" + folder_ / "r.json" + "'").exit_code, 0);
  const auto provenance = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  EXPECT_EQ(provenance.at("seeds"), "0-1");
  EXPECT_EQ(provenance.at("rng"), "cpu");
  EXPECT_EQ(provenance.at("network").at("precond"), "GDDPrecond");
  EXPECT_EQ(provenance.at("hashes").at("snapshot").get<std::string>().size(), 64u);
}

struct Refusal {
  const char* name;
  const char* flags;
  int exit_code;
  const char* says;
};
void PrintTo(const Refusal& value, std::ostream* out) { *out << value.name; }

// Another precision is another plan: its images are near, and not taken for those of this.
TEST_F(GddSample, BFloat16LayersGiveNearImagesOfTheirOwnPlan) {
  ASSERT_EQ(run("--seeds 0-3 --save-float '" + folder_ / "exact.npz" + "'").exit_code, 0);
  const std::string reduced = "--seeds 0-3 --precision bf16 --save-float '" + folder_ / "near.npz" + "' ";
  const Outcome outcome = run(reduced + outdir() + "--json '" + folder_ / "run.json" + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<double> exact = floats(folder_ / "exact.npz", "images"),
                            near = floats(folder_ / "near.npz", "images");
  double squares = 0, scale = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    squares += (near[i] - exact[i]) * (near[i] - exact[i]);
    scale += exact[i] * exact[i];
  }
  EXPECT_GT(squares, 0);
  EXPECT_LT(squares, 1e-3 * scale);
  EXPECT_NE(read_text(folder_ / "run.json").find("bfloat16 layers, float32 sums"), std::string::npos);
  const Outcome other = run("--seeds 0-3 " + outdir());
  EXPECT_NE(other.exit_code, 0);
  EXPECT_NE(other.err.find("precision"), std::string::npos) << other.err;
}

class Refuses : public GddSample, public ::testing::WithParamInterface<Refusal> {};

TEST_P(Refuses, InOneClearLineAndWritesNothing) {
  const Refusal& refusal = GetParam();
  const std::string flags = refusal.flags;
  const bool own_network = flags.starts_with("--network"), own_outdir = flags.starts_with("--outdir");
  const Outcome outcome = run_program("gdd-sample", (own_network ? "" : "--network '" + kSnapshot + "' ") +
                                                        (own_outdir ? "" : outdir()) + flags);
  EXPECT_EQ(outcome.exit_code, refusal.exit_code) << outcome.err;
  EXPECT_NE(outcome.err.find(refusal.says), std::string::npos) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/image_pack.npz"));
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, Refuses,
    ::testing::Values(
        Refusal{"OpenRange", "--seeds 5-", 2, "'5-'"}, Refusal{"NegativeSeed", "--seeds -3", 2, "-3"},
        Refusal{"BackwardRange", "--seeds 10-5", 2, "'10-5'"},
        Refusal{"SeedTwice", "--seeds 1,2,1", 2, "seed 1 is given twice"},
        Refusal{"ClassTooHigh", "--class 10", 2, "0 to 9"},
        Refusal{"Solver", "--solver heun", 2, "--sampler edm"},
        Refusal{"Sampler", "--sampler euler", 2, "one_step"}, Refusal{"Grid", "--grid 8 x.png", 2, "8x8"},
        Refusal{"UnknownFlag", "--sede 1", 2, "--sede"},
        Refusal{"Threads", "--threads 100000", 2, "expected a whole number from 1 to"},
        Refusal{"NoiseLevel", "--sigma_max 1e300", 2, "within the range of float32, found 1e+300"},
        Refusal{"HugeGrid", "--grid 9999x9999 x.png", 2, "found 159984x159984"},
        Refusal{"GridWithoutAName", "--grid 1x1 ''", 2, "found an empty name"},
        Refusal{"NoNetwork", "--network ''", 2, "found an empty name"},
        Refusal{"ShellInAddress", "--network \"https://a.b/';x'\"", 1, R"('all_ckpt/'\'';x'\''')"},
        Refusal{"Device", "--device gpu", 2, "cuda:N"},
        Refusal{"PrecisionOfAGpu", "--precision fp16", 2, "--precision fp16: is a GPU's"},
        Refusal{"Outdir", "--outdir /proc/none", 1, "/proc/none"},
        Refusal{"Missing", "--network /none/x.pkl", 1, "/none/x.pkl"},
        Refusal{"Address", "--network https://a.b/x.pkl", 1, "curl"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gdd::testing
