// gdd-sample, gdd-convert and gdd-eval with the networks of other families, as a user runs them: against what
// each family's own code makes of the same file (tests/data/samples), and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/golden_images.h"
#include "cli/run_program.h"

namespace gdd::testing {
namespace {

std::string network(const std::string& name) { return GDD_TEST_DATA "/networks/" + name; }
std::string quoted(const std::string& path) { return "'" + path + "' "; }

const std::string kEdm2 = network("edm2-cond-fp16.torch2.11.0.pkl");
const std::string kGuide = network("edm2-guide-cond-fp16.torch2.11.0.pkl");
const std::string kFree = network("edm2-uncond-fp16.torch2.11.0.pkl");

class Families : public ::testing::Test {
 protected:
  Outcome sample(const std::string& file, const std::string& flags) {
    return run_program("gdd-sample", "--network " + quoted(file) + "--device cpu --outdir " +
                                         quoted(folder_ / "out") + "--seeds 100-107 " + flags);
  }
  ScratchFolder folder_;
};

struct Golden {
  std::string file, tag, flags;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.file << ' ' << golden.tag; }
class OfTheFamily : public Families, public ::testing::WithParamInterface<Golden> {};

TEST_P(OfTheFamily, MakesTheSameImages) {
  const auto& [file, tag, flags] = GetParam();
  const Outcome outcome = sample(network(file), "--save-float " + quoted(folder_ / "float.npz") + flags);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string name = file.substr(0, file.find('.'));
  expect_images(GDD_TEST_DATA "/samples/sample." + name + "." + tag + ".npz", folder_.path().string(), 1e-5);
}

// Bytes as EDM's where no preset says otherwise.
TEST_F(Families, PlainFlagsQuantiseAsEdm) {
  const Outcome outcome =
      sample(network("dmd2-adm-cond.zip.bin"), "--class 0-9 --save-float " + quoted(folder_ / "float.npz"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  expect_images(GDD_TEST_DATA "/samples/sample.dmd2-adm-cond.one_step_labels_in_order.npz",
                folder_.path().string(), 1e-5, "images_uint8_edm");
}

TEST_F(Families, APresetIsToldBesideTheResultAndInThePlan) {
  const std::string file = network("dmd2-adm-cond.zip.bin");
  const Outcome outcome = sample(file, "--preset dmd2 --json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string text = "sampler one_step, labels in order, bytes trunc(clamp((x+1)*127.5))";
  EXPECT_NE(outcome.err.find(text), std::string::npos) << outcome.err;
  const auto provenance = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  EXPECT_NE(provenance.at("preset").get<std::string>().find(text), std::string::npos);
  EXPECT_EQ(provenance.at("network").at("assumed"), "num_head_channels=64");
  const Outcome other = sample(file, "--class 0-9");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("expected a run with class"), std::string::npos) << other.err;
}

// gdd-eval shares all of it.
TEST_F(Families, GddEvalKnowsPresetsAndLevels) {
  const std::string file = network("openai-cm-cond.pt"),
                    flags = "--preset openai-cm --ts 0,22,39 --steps 40 ";
  ASSERT_EQ(sample(file, flags).exit_code, 0);
  const Outcome outcome = run_program(
      "gdd-eval", "--network " + quoted(file) + "--device cpu --seeds 100-107 --metrics is --detector demo " +
                      flags + "--keep-images --outdir " + quoted(folder_ / "eval") + "--json " +
                      quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("preset openai-cm"), std::string::npos) << outcome.err;
  EXPECT_EQ(NpzReader(folder_ / "out/image_pack.npz").read("arr_0").as_uint8(),
            NpzReader(folder_ / "eval/image_pack.npz").read("arr_0").as_uint8());
  const auto provenance = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  EXPECT_EQ(provenance.at("sampler").at("ts"), "0,22,39");
  EXPECT_NE(provenance.at("network").at("assumed").get<std::string>().find("num_head_channels=16"),
            std::string::npos);
}

const std::string kHeun = "--sampler edm2 --steps 5 ", kTwice = "--sampler consistency --mid_t 0.821";

INSTANTIATE_TEST_SUITE_P(
    Settings, OfTheFamily,
    ::testing::Values(
        Golden{"edm2-cond-fp16.torch2.11.0.pkl", "edm2_5", kHeun},
        Golden{"edm2-cond-fp16.torch2.11.0.pkl", "edm2_5_class3", kHeun + "--class 3"},
        Golden{"edm2-cond-fp16.torch2.11.0.pkl", "edm2_5_guided1.7",
               kHeun + "--guidance 1.7 --gnet " + quoted(kGuide)},
        Golden{"edm2-cond-fp16.torch2.11.0.pkl", "edm2_5_guided1.7_uncond",
               kHeun + "--guidance 1.7 --gnet " + quoted(kFree)},
        Golden{"edm2-uncond-fp16.torch2.11.0.pkl", "edm2_5_churn",
               kHeun + "--S_churn 10 --S_min 0.05 --S_max 50 --S_noise 1.003"},
        Golden{"sida-ddpmpp-cond.torch1.13.1.pkl", "sid_sigma2.5", "--sigma_max 2.5"},
        Golden{"tcm-ddpmpp-uncond.torch1.13.1.pkl", "consistency2_0.821", kTwice},
        Golden{"ect-ddpmpp-uncond-same.torch1.13.1.pkl", "consistency2_0.821", kTwice},
        Golden{"tcm-edm2-cond.torch2.11.0.pkl", "consistency2_0.821", kTwice},
        Golden{"dmd2-adm-cond.zip.bin", "one_step_labels_in_order", "--preset dmd2"},
        Golden{"openai-cm-cond.pt", "consistency1", "--preset openai-cm"},
        Golden{"openai-cm-cond.pt", "consistency2_ts0-22-39", "--preset openai-cm --ts 0,22,39 --steps 40"},
        Golden{"openai-cm-lsun.pt", "consistency2_ts0-22-39", "--preset openai-cm --ts 0,22,39 --steps 40"}),
    [](const auto& row) {
      std::string name = row.param.file.substr(0, row.param.file.find('.')) + "_" + row.param.tag;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      return name;
    });

// A run that goes on is the same run: the guide's hash and how much it guides are part of its plan.
TEST_F(Families, ARunKnowsItsGuide) {
  const std::string steps = "--sampler edm2 --steps 2 ";
  const auto guided = [&](const std::string& by, const std::string& guidance) {
    return sample(kEdm2, steps + "--gnet " + quoted(by) + "--guidance " + guidance);
  };
  ASSERT_EQ(guided(kGuide, "1.5").exit_code, 0);
  EXPECT_NE(guided(kGuide, "1.5").err.find("nothing to compute"), std::string::npos);
  for (const Outcome& other : {guided(kFree, "1.5"), guided(kGuide, "1.7"), sample(kEdm2, steps)}) {
    EXPECT_EQ(other.exit_code, 2);
    EXPECT_NE(other.err.find("expected a run with g"), std::string::npos) << other.err;  // gnet or guidance
  }
}

// What decides the numbers of one file is part of the plan and of the report.
TEST_F(Families, ARunKnowsItsFormula) {
  const std::string tcm = network("tcm-ddpmpp-uncond.torch1.13.1.pkl");
  ASSERT_EQ(sample(tcm, "").exit_code, 0);
  EXPECT_NE(read_text(folder_ / "out/.gdd-run/settings").find("\nformula tcm\n"), std::string::npos);
  std::filesystem::remove_all(folder_ / "out");
  ASSERT_EQ(sample(network("ect-ddpmpp-uncond-same.torch1.13.1.pkl"), "").exit_code, 0);
  EXPECT_EQ(read_text(folder_ / "out/.gdd-run/settings").find("formula"), std::string::npos);
}

TEST_F(Families, ARunKnowsWhatWasAssumedOfItsGuide) {
  const Outcome outcome =
      sample(kEdm2, "--sampler edm2 --steps 2 --guidance 1.5 --gnet " + quoted(network("openai-cm-cond.pt")) +
                        "--json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("guessed, as no tensor tells it"), std::string::npos) << outcome.err;
  const std::string assumed =
      "image_size=16 num_head_channels=16 training_mode=consistency_distillation sigma_min=0.002 "
      "sigma_max=80";
  EXPECT_NE(read_text(folder_ / "out/.gdd-run/settings").find("\ngnet_assumed " + assumed + "\n"),
            std::string::npos);
  const auto gnet = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance").at("gnet");
  EXPECT_EQ(gnet.at("assumed"), assumed);
  EXPECT_EQ(gnet.at("precond"), "KarrasDenoiser (consistency)");
  std::filesystem::remove_all(folder_ / "out");
  const Outcome said =
      sample(kEdm2, "--sampler edm2 --steps 2 --guidance 1.5 --gnet " + quoted(network("openai-cm-cond.pt")) +
                        "--assume gnet.training_mode=edm --json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance").at("gnet").at("precond"),
            "KarrasDenoiser (edm)");
}

TEST_F(Families, AGuideOfStrengthOneIsNoGuide) {
  const std::string steps = "--sampler edm2 --steps 2 ";
  ASSERT_EQ(sample(kEdm2, steps).exit_code, 0);
  const Outcome same = sample(kEdm2, steps + "--guidance 1 --gnet " + quoted(kGuide));
  EXPECT_NE(same.err.find("nothing to compute"), std::string::npos) << same.err;
}

TEST_F(Families, Edm2TakesItsOwnStepsAndBatch) {
  const Outcome outcome = run_program(
      "gdd-sample", "--network " + quoted(kFree) + "--device cpu --sampler edm2 --seeds 0 --zip " +
                        quoted(folder_ / "x.zip") + "--json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto provenance = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  EXPECT_EQ(provenance.at("sampler").at("num_steps"), 32);
  EXPECT_EQ(provenance.at("batch"), 32);
}

// Both steps in one pass: gdd-eval's images are gdd-sample's.
TEST_F(Families, GddEvalMakesTheImagesOfGddSample) {
  const std::string flags = "--sampler edm2 --steps 2 --guidance 1.7 --gnet " + quoted(kGuide);
  ASSERT_EQ(sample(kEdm2, flags).exit_code, 0);
  const Outcome outcome = run_program(
      "gdd-eval",
      "--network " + quoted(kEdm2) + "--device cpu --seeds 100-107 --metrics is --detector demo " + flags +
          "--keep-images --outdir " + quoted(folder_ / "eval") + "--json " + quoted(folder_ / "r.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(NpzReader(folder_ / "out/image_pack.npz").read("arr_0").as_uint8(),
            NpzReader(folder_ / "eval/image_pack.npz").read("arr_0").as_uint8());
  const auto provenance = nlohmann::json::parse(read_text(folder_ / "r.json")).at("provenance");
  EXPECT_EQ(provenance.at("hashes").at("gnet").get<std::string>().size(), 64u);
  EXPECT_EQ(provenance.at("sampler").at("guidance"), 1.7);
}

TEST_F(Families, SaysWhatStandsBesideANetwork) {
  const Outcome outcome =
      run_program("gdd-convert", "--show " + quoted(network("ect-ddpmpp-uncond-same.torch1.13.1.pkl")));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* line : {"module ema: ECMPrecond (ect's) over SongUNet\n", "module loss_fn: ECMLoss",
                           "  augment_pipe: None\n", "  ECMLoss: its method 't_to_r_sigmoid'\n"})
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << outcome.out;
}

struct Refusal {
  const char* name;
  std::string file, flags;
  int exit_code;
  const char* says;
};
void PrintTo(const Refusal& value, std::ostream* out) { *out << value.name; }
class RefusedOfFamilies : public Families, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedOfFamilies, InOneClearLineAndWritesNothing) {
  const Refusal& refusal = GetParam();
  const Outcome outcome = sample(refusal.file, refusal.flags);
  EXPECT_EQ(outcome.exit_code, refusal.exit_code) << outcome.err;
  EXPECT_NE(outcome.err.find(refusal.says), std::string::npos) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/image_pack.npz"));
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, RefusedOfFamilies,
    ::testing::Values(
        Refusal{"GuidanceWithoutGnet", kEdm2, "--sampler edm2 --guidance 2", 2, "give --gnet FILE"},
        Refusal{"GnetWithoutGuidance", kEdm2, "--sampler edm2 --gnet " + quoted(kGuide), 2,
                "give --guidance"},
        Refusal{"GuidanceOfAnotherSampler", kEdm2, "--guidance 2 --gnet " + quoted(kGuide), 2,
                "belongs to --sampler edm2"},
        Refusal{"GuidanceIsNoNumber", kEdm2, "--sampler edm2 --guidance nan --gnet " + quoted(kGuide), 2,
                "expected a finite number"},
        Refusal{"GnetOfAnotherResolution", kEdm2,
                "--sampler edm2 --guidance 2 --gnet " + quoted(network("gdd-ncsnpp.pkl")), 2,
                "expected a network of images [3, 16, 16], found [3, 8, 8]"},
        Refusal{"GnetOfOtherLabels", kFree, "--sampler edm2 --guidance 2 --gnet " + quoted(kGuide), 2,
                "expected 0 labels or none, found 10"},
        Refusal{"GnetOfOtherNoiseLevels", kEdm2,
                "--sampler edm2 --sigma_max 90 --guidance 2 --assume gnet.training_mode=edm --gnet " +
                    quoted(network("openai-cm-cond.pt")),
                2, "openai-cm-cond.pt knows noise levels from 0.002 to 80, found 90"},
        Refusal{"AssumedOfNoGnet", kEdm2, "--assume gnet.ecm=tcm", 2, "give --gnet FILE"},
        Refusal{"AssumedOfGnetThatLeavesNothingOpen", kEdm2,
                "--sampler edm2 --guidance 2 --assume gnet.ecm=tcm --gnet " + quoted(kGuide), 2,
                "edm2-guide-cond-fp16.torch2.11.0.pkl does not leave open"},
        Refusal{"NoGnetThere", kEdm2, "--sampler edm2 --guidance 2 --gnet /none/g.pkl", 1, "/none/g.pkl"},
        Refusal{"OneStep", kEdm2, "--sampler edm2 --steps 1", 2, "--steps: expected at least 2"},
        Refusal{"Preset", kEdm2, "--preset sid", 2, "expected one of dmd2, openai-cm"},
        Refusal{"PresetAndSampler", kEdm2, "--preset dmd2 --sampler edm", 2, "give one of the two"},
        Refusal{"TsOfAnotherSampler", kEdm2, "--ts 0,1", 2, "--ts belongs to --preset openai-cm"},
        Refusal{"TsBeyondTheSchedule", kEdm2, "--preset openai-cm --ts 0,40", 2, "from 0 to 39"},
        Refusal{"TsThatFalls", kEdm2, "--preset openai-cm --ts 22,0", 2, "numbers that rise"},
        Refusal{"RawWeightsOfAStateDict", network("dmd2-adm-cond.zip.bin"), "--ema false", 1,
                "a bare state dict has one kind of them"},
        Refusal{"Optimizer", GDD_TEST_DATA "/checkpoints/optimizer.zip.pth", "", 1,
                "the state of an optimizer, not a network"},
        Refusal{"AnotherStateDict", GDD_TEST_DATA "/checkpoints/state.zip.pth", "", 1,
                "a state dict of no network that is known"},
        Refusal{"HeadsThatDoNotDivide", network("openai-cm-cond.pt"), "--assume num_head_channels=12", 1,
                "channels of 'input_blocks.3.1' are no multiple of 12"},
        Refusal{"HeadsThatAreNone", network("dmd2-adm-cond.zip.bin"), "--assume num_head_channels=0", 2,
                "expected a whole number from 1"},
        Refusal{"AssumeWithoutValue", kEdm2, "--assume ecm", 2, "expected KEY=VALUE, found 'ecm'"},
        Refusal{"AssumeUnknown", kEdm2, "--assume heads=4", 2, "'heads' is no key of it; known keys: ecm"},
        Refusal{"AssumeNoFormula", kEdm2, "--assume ecm=x", 2, "expected one of ect, tcm, found 'x'"},
        Refusal{"AssumeNoMode", network("openai-cm-cond.pt"), "--assume training_mode=x", 2,
                "expected one of edm, consistency_distillation, consistency_training, found 'x'"},
        Refusal{"AssumeTwice", kEdm2, "--assume ecm=ect --assume ecm=tcm", 2, "given twice"},
        Refusal{"NoiseBelowTheNetworks", network("openai-cm-cond.pt"),
                "--preset openai-cm --sigma_min 0.001 --assume training_mode=consistency_distillation", 2,
                "--sigma_min: this network knows noise levels from 0.002 to 80"},
        Refusal{"AssumeNeedless", network("tcm-ddpmpp-uncond.torch1.13.1.pkl"), "--assume ecm=ect", 2,
                "does not leave open"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gdd::testing
