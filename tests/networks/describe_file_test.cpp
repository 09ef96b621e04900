#include "networks/describe_file.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

std::string data_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/" + name; }

void expect_line(const std::string& text, const std::string& line) {
  EXPECT_NE(text.find(line + "\n"), std::string::npos) << "missing: " << line << "\nin:\n" << text;
}

TEST(DescribeFile, ShowsWhatASnapshotHolds) {
  const std::string text = describe_file(data_file("networks/iddpm-adm.pkl"));
  expect_line(text, "container: pickle");
  expect_line(text, "module ema: iDDPMPrecond over DhariwalUNet");
  expect_line(text, "module net: iDDPMPrecond over DhariwalUNet");
  expect_line(text, "    model_type = 'DhariwalUNet'");
  expect_line(text, "    channel_mult = [1, 2]");
  expect_line(text, "    u  float32 [1001]  (buffer)");
  expect_line(text, "    model.enc.8x8_conv.weight  float32 [4, 3, 3, 3]");
  expect_line(text, "    model.enc.8x8_conv.weight  float16 [4, 3, 3, 3]");
  expect_line(text, "  torch._utils _rebuild_parameter");
  expect_line(text, "  DhariwalUNet  4dd65114d4c8a86d067f97135c28817f7894730e96c5517134cefaf4356b81ee");
}

TEST(DescribeFile, ShowsStateDictsAndTorchScriptOfOthers) {
  EXPECT_NE(describe_file(data_file("checkpoints/state.zip.pth")).find("container: torch zip archive"),
            std::string::npos);
  const std::string text = describe_file(data_file("checkpoints/script.pt"));
  expect_line(text, "container: TorchScript archive");
  expect_line(text, "gdd.json: none, so not written by gdd-convert");
}

TEST(DescribeFile, NamesFamilySamplerAndProtocol) {
  const std::string edm2 = describe_file(data_file("networks/edm2-cond-fp16.torch2.11.0.pkl"));
  expect_line(edm2, "module ema: Precond over UNet");
  EXPECT_NE(edm2.find("  family: EDM2 (arXiv:2312.02696)"), std::string::npos) << edm2;
  EXPECT_NE(edm2.find("  sampler: EDM2: --sampler edm2"), std::string::npos);
  expect_line(describe_file(data_file("networks/tcm-ddpmpp-uncond.torch1.13.1.pkl")),
              "  family: TCM (arXiv:2410.14895)");
  const std::string dmd2 = describe_file(data_file("networks/dmd2-adm-cond.zip.bin"));
  expect_line(dmd2, "network: EDMPrecond over DhariwalUNet; what no tensor tells: num_head_channels=64");
  expect_line(dmd2, "  sampler: --preset dmd2");
  const std::string openai = describe_file(data_file("networks/openai-cm-lsun.pt"));
  EXPECT_NE(openai.find("  sampler: --preset openai-cm; in two steps --ts 0,22,39"), std::string::npos)
      << openai;
  EXPECT_NE(describe_file(data_file("checkpoints/state.zip.pth")).find("network: "), std::string::npos);
}

TEST(DescribeFile, NamesLatentsAndWhatDecodesThem) {
  const std::string edm2 = describe_file(data_file("vae/edm2-latent.pkl"));
  EXPECT_NE(
      edm2.find("images: latents of 4 channels of stabilityai/sd-vae-ft-mse, as StabilityVAEEncoder has "
                "them: scale [0.119904071, "),
      std::string::npos)
      << edm2;
  const std::string sida = describe_file(data_file("vae/sida-edm2.pkl"));
  expect_line(sida, "module ema: EDM_2_Precond_Generator over UNet_EncoderDecoder");
  EXPECT_NE(sida.find("as SiDA's generate_onestep_edm2.py has them"), std::string::npos) << sida;
  // Every layer keeps it, and it is said once.
  const std::string hook = "  MPConv: its method '_apply_forced_weight_normalization'\n";
  EXPECT_NE(sida.find(hook), std::string::npos) << sida;
  EXPECT_EQ(sida.find(hook), sida.rfind(hook));
  EXPECT_NE(
      describe_file(data_file("vae/small.safetensors"))
          .find("VAE: its decoder makes 2x2 pixels of 3 channels from each of its latents of 4 channels"),
      std::string::npos);
}

}  // namespace
}  // namespace gdd
