// CLIP and DINOv2 through the real programs: whose protocol is taken, and what may not be mixed.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run_program.h"
#include "detectors/script_network.h"
#include "support/safetensors_file.h"

namespace gdd::testing {
namespace {

const std::string kData = GDD_TEST_DATA;
const std::string kVit = kData + "/vit/";

void EXPECT_SAYS(const std::string& text, const std::string& what) {
  EXPECT_NE(text.find(what), std::string::npos) << text;
}

class VisionTransformer : public ::testing::Test {
 protected:
  // Features of the four pictures as folder_ / NAME.
  Outcome features(const std::string& name, const std::string& detector,
                   const std::string& flags = "") const {
    return run_program("gdd-fid", "features --device cpu --data '" + kVit + "' --dest '" + folder_ / name +
                                      "' --json '" + folder_ / name + ".json' --detector '" + kVit +
                                      detector + "' " + flags);
  }
  Outcome calc(const std::string& images, const std::string& ref, const std::string& flags = "") const {
    return run_program("gdd-fid", "calc --device cpu --images '" + folder_ / images + "' --ref '" +
                                      folder_ / ref + "' " + flags);
  }
  nlohmann::json report(const std::string& name) const {
    return nlohmann::json::parse(read_text(folder_ / name + ".json")).at("provenance");
  }
  ScratchFolder folder_;
};

TEST_F(VisionTransformer, TakesTheProtocolOfItsFamilyAndTellsIt) {
  const Outcome clip = features("clip.npz", "clip-openai.pt");
  ASSERT_EQ(clip.exit_code, 0) << clip.err;
  const auto said = report("clip.npz");
  EXPECT_EQ(said.at("protocol"), "clean");
  EXPECT_SAYS(said.dump(), "OpenAI's archive");
  EXPECT_SAYS(said.dump(), "as they are stored");
  const Outcome dino = features("dino.npz", "dinov2.pth");
  ASSERT_EQ(dino.exit_code, 0) << dino.err;
  EXPECT_EQ(report("dino.npz").at("protocol"), "dgm-eval");
  EXPECT_SAYS(report("dino.npz").dump(), "positions 5x5 to 28x28 by bicubic, scale 28.1/5");
  EXPECT_SAYS(dino.err, "features of dinov2-vit64x1-8, not Inception's");
}

TEST_F(VisionTransformer, TellsOnceThatAnActivationIsTakenForGranted) {
  const Outcome clip = features("clip.npz", "clip-hf.bin");
  ASSERT_EQ(clip.exit_code, 0) << clip.err;
  const std::string doubt = "clip-hf.bin: its activation is taken to be quick_gelu";
  const std::size_t first = clip.err.find(doubt);
  ASSERT_NE(first, std::string::npos) << clip.err;
  EXPECT_EQ(clip.err.find(doubt, first + 1), std::string::npos) << clip.err;
  EXPECT_SAYS(nlohmann::json::parse(read_text(folder_ / "clip.npz.json")).at("warnings").dump(), doubt);
}

TEST_F(VisionTransformer, AProtocolOfAnotherFamilyIsAWrongFlag) {
  const Outcome outcome = features("f.npz", "dinov2.pth", "--protocol edm");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_SAYS(outcome.err,
              "--protocol: 'edm' is Inception's, the detector is of DINOv2; give one of dgm-eval, "
              "dgm-eval-clean, edm2");
  const Outcome unknown = features("f.npz", "dinov2.pth", "--protocol dinov2");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_SAYS(unknown.err, "'dinov2' is not known; known: edm, adm");
}

TEST_F(VisionTransformer, FeaturesOfTwoProtocolsAreNotCompared) {
  ASSERT_EQ(features("a.npz", "dinov2.pth").exit_code, 0);
  ASSERT_EQ(features("b.npz", "dinov2.pth", "--protocol edm2").exit_code, 0);
  const Outcome outcome = calc("a.npz", "b.npz");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_SAYS(outcome.err, "was made under protocol edm2 (torch-bicubic to 224x224");
  const Outcome same = calc("a.npz", "a.npz");
  EXPECT_EQ(same.exit_code, 0) << same.err;
  const Outcome other = calc("b.npz", "b.npz");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_SAYS(other.err, "asked for is protocol dgm-eval; give --protocol edm2");
}

// The same weights, but the embedding is brought to the grid as each source does it: other features.
TEST_F(VisionTransformer, FeaturesOfTwoInterpolationsAreNotCompared) {
  ASSERT_EQ(features("a.npz", "dinov2.pth").exit_code, 0);
  ASSERT_EQ(features("b.npz", "dinov2-timm.safetensors").exit_code, 0);
  const Outcome outcome = calc("a.npz", "b.npz");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_SAYS(outcome.err, "by bicubic, antialiased");
}

TEST_F(VisionTransformer, FilesOfOneNetworkInTwoLayoutsAreComparedWithAWarning) {
  ASSERT_EQ(features("a.npz", "clip-openai.pt").exit_code, 0);
  ASSERT_EQ(features("b.npz", "clip-hf.bin").exit_code, 0);
  const Outcome outcome = calc("a.npz", "b.npz");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_SAYS(outcome.err, "right only if both files hold the same weights");
}

TEST_F(VisionTransformer, ClipIsNotComparedWithDinov2) {
  ASSERT_EQ(features("a.npz", "clip-openai.pt").exit_code, 0);
  ASSERT_EQ(features("b.npz", "dinov2.pth").exit_code, 0);
  const Outcome outcome = calc("a.npz", "b.npz");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(VisionTransformer, HasNoClassesAndNoSpatialFeatures) {
  const std::string detector = " --device cpu --images '" + kVit + "' --detector '" + kVit + "dinov2.pth'";
  const Outcome score = run_program("gdd-is", detector);
  EXPECT_EQ(score.exit_code, 1);
  EXPECT_SAYS(score.err, "dinov2-vit64x1-8: this detector has no class probabilities");
  const Outcome spatial = run_program("gdd-fid", "calc --metrics sfid --ref '" + kVit + "'" + detector);
  EXPECT_SAYS(spatial.err, "this detector has no spatial features");
  const Outcome manifolds =
      run_program("gdd-pr", "--k 2 --protocol dgm-eval --ref '" + kVit + "'" + detector);
  EXPECT_EQ(manifolds.exit_code, 0) << manifolds.err;
  EXPECT_SAYS(manifolds.out, "coverage");
}

TEST_F(VisionTransformer, ManifoldsTakeTheProtocolOfItsFamilyToo) {
  for (const auto& [detector, protocol] :
       {std::pair("clip-openai.pt", "clean"), std::pair("dinov2.pth", "dgm-eval")}) {
    const Outcome outcome =
        run_program("gdd-pr", "--k 2 --device cpu --ref '" + kVit + "' --images '" + kVit + "' --detector '" +
                                  kVit + detector + "' --json '" + folder_ / "r.json" + "'");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_SAYS(outcome.out, "coverage");
    EXPECT_EQ(report("r").at("protocol"), protocol);
  }
  const Outcome other =
      run_program("gdd-pr", "--k 2 --device cpu --protocol edm2 --ref '" + kVit + "' --images '" + kVit +
                                "' --detector '" + kVit + "dinov2.pth'");
  EXPECT_EQ(other.exit_code, 0) << other.err;
}

TEST_F(VisionTransformer, AllProtocolsAreThoseOfItsFamily) {
  const Outcome outcome = run_program("gdd-fid", "calc --device cpu --images '" + kVit + "' --ref '" + kVit +
                                                     "' --protocol all --detector '" + kVit + "dinov2.pth'");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* name : {"\ndgm-eval ", "\ndgm-eval-clean ", "\nedm2 "}) EXPECT_SAYS(outcome.out, name);
  EXPECT_EQ(outcome.out.find("pytorch-fid"), std::string::npos) << outcome.out;
}

// EDM2's pickle holds `fid`, of 4 dimensions, and `fd_dinov2`, of 3.
TEST_F(VisionTransformer, EdmsPickleGivesTheStatisticsOfTheDetectorsFamily) {
  const std::string against =
      " --device cpu --images '" + kVit + "' --ref '" + kData + "/checkpoints/edm2.pkl' --detector '" + kVit;
  const Outcome dino = run_program("gdd-fid", "calc" + against + "dinov2.pth'");
  EXPECT_EQ(dino.exit_code, 1);
  EXPECT_SAYS(dino.err, "edm2.pkl: holds features of 3 dimensions");
  const Outcome demo = run_program("gdd-fid", "calc --device cpu --images '" + kVit + "' --ref '" + kData +
                                                  "/checkpoints/edm2.pkl' --detector demo");
  EXPECT_SAYS(demo.err, "edm2.pkl: holds features of 4 dimensions");
  const Outcome told = run_program("gdd-fid", "inspect '" + kData + "/checkpoints/edm2.pkl:fd_dinov2'");
  EXPECT_SAYS(told.out, "made by: protocol edm2 (torch-bicubic to 224x224");
  EXPECT_SAYS(told.out,
              "positions 37x37 to 16x16 by bicubic, scale 16.1/37), detector dinov2-vitl14 (weights not "
              "told), as EDM2 names it");
}

// Somebody's dinov2.pt, as TorchScript: only who made it knows whether it is the network of fd_dinov2.
TEST_F(VisionTransformer, EdmsStatisticsOfDinov2GoWithTorchScriptAndAWarning) {
  for (const char* name : {"image0.png", "image1.png"})  // of one size
    testing_support::write_text(folder_ / "set/" + name, read_text(kVit + name));
  testing_support::save_network("return x.mean([2, 3])", folder_ / "net.pt");
  const std::string ref = " --device cpu --ref '" + kData + "/checkpoints/edm2.pkl:fd_dinov2' --images '";
  const std::string net = " --detector '" + folder_ / "net.pt" + "' ";
  const std::string warning = "right only if both are one network and prepare images alike";
  const Outcome images = run_program("gdd-fid", "calc" + ref + folder_ / "set" + "'" + net);
  EXPECT_EQ(images.exit_code, 0) << images.err;
  EXPECT_SAYS(images.err, warning);
  EXPECT_SAYS(images.err, "is of detector dinov2-vitl14 (weights not told)");
  ASSERT_EQ(run_program("gdd-fid", "features --device cpu --data '" + folder_ / "set" + "' --dest '" +
                                       folder_ / "f.npz" + "'" + net)
                .exit_code,
            0);
  const Outcome stored = run_program("gdd-fid", "calc" + ref + folder_ / "f.npz" + "'");
  EXPECT_EQ(stored.exit_code, 0) << stored.err;
  EXPECT_SAYS(stored.err, warning);
  EXPECT_EQ(stored.out, images.out);
  const Outcome all = run_program("gdd-fid", "calc --protocol all" + ref + folder_ / "f.npz" + "'");
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_SAYS(all.out, "\npytorch-fid ");
}

TEST_F(VisionTransformer, InspectAndShowNameTheDetector) {
  const Outcome inspect = run_program("gdd-fid", "inspect '" + kVit + "clip-openai.pt'");
  EXPECT_EQ(inspect.exit_code, 0) << inspect.err;
  EXPECT_SAYS(inspect.out, "detector: clip-vit64x1-8-64 (CLIP's image side as OpenAI's archive has it)\n");
  EXPECT_SAYS(inspect.out, "protocols: clean (default), torch-fidelity\n");
  const Outcome show = run_program("gdd-convert", "--show '" + kVit + "dinov2-timm.safetensors'");
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_SAYS(show.out, "detector: dinov2-vit64x1-8 (DINOv2's image side as timm has it)\n");
  EXPECT_SAYS(show.out, "container: safetensors\n");
  EXPECT_SAYS(show.out, "blocks.0.attn.qkv.weight  float16 [192, 64]\n");
  const Outcome snapshot = run_program("gdd-fid", "inspect '" + kData + "/networks/tiny.pkl'");
  EXPECT_SAYS(snapshot.out, "a snapshot of a network that makes images");
}

// One line, and a network that generates is not looked for in it.
TEST_F(VisionTransformer, ADetectorIsNoNetworkAndNoData) {
  const Outcome sample = run_program(
      "gdd-sample", "--network '" + kVit + "dinov2-timm.safetensors' --outdir '" + folder_ / "o" + "'");
  EXPECT_EQ(sample.exit_code, 1);
  EXPECT_EQ(std::count(sample.err.begin(), sample.err.end(), '\n'), 1) << sample.err;
  const Outcome data =
      run_program("gdd-fid", "features --data '" + kVit + "dinov2-timm.safetensors' --dest '" +
                                 folder_ / "f.npz" + "' --detector demo");
  EXPECT_EQ(data.exit_code, 1);
  EXPECT_SAYS(data.err, "found a safetensors file");
}

// What the readers refuse is one line of the program too.
TEST_F(VisionTransformer, BadFilesAreToldInOneLine) {
  using testing_support::safetensors_text;
  const std::string whole = read_text(kVit + "dinov2-timm.safetensors");
  const std::pair<std::string, std::string> cases[] = {
      {whole.substr(0, whole.size() - 100), "the file is cut short"},
      {std::string("\0\0\0\0\0\0\0\x80", 8) + whole.substr(8), "found 9223372036854775808"},
      {safetensors_text(
           R"({"text_model.final_layer_norm.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
           "1234"),
       "found CLIP's text side alone"},
      {safetensors_text(R"({"storage_tokens":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234"),
       "found DINOv3"},
      {safetensors_text("{}", ""), "not the Inception v3"},
  };
  for (const auto& [bytes, expected] : cases) {
    testing_support::write_text(folder_ / "net", bytes);
    const Outcome outcome =
        run_program("gdd-fid", "features --device cpu --data '" + kVit + "' --dest '" + folder_ / "f.npz" +
                                   "' --detector '" + folder_ / "net" + "'");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_SAYS(outcome.err, expected);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

}  // namespace
}  // namespace gdd::testing
