#include "generation/options.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(RunsInHalf, OnlyWhereUpstreamDoes) {
  GenerateOptions options;
  NetworkInfo info;
  options.compute.device = c10::Device(c10::kCUDA, 0);
  options.sampler.sampler = "edm";
  info.use_fp16 = true;
  EXPECT_TRUE(runs_in_half(options, info));
  options.sampler.sampler = "edm2";
  EXPECT_TRUE(runs_in_half(options, info));
  options.compute.half = false;
  EXPECT_FALSE(runs_in_half(options, info));  // --precision fp32
  options.compute.half = true;
  options.sampler.sampler = "one_step";
  EXPECT_FALSE(runs_in_half(options, info));  // force_fp32=True
  info.leaves_precision = true;               // but SiDA's script of EDM2's networks
  EXPECT_TRUE(runs_in_half(options, info));
  info.leaves_precision = false;
  options.sampler.sampler = "edm";
  options.compute.device = c10::kCPU;
  EXPECT_FALSE(runs_in_half(options, info));
  options.compute.device = c10::Device(c10::kCUDA, 0);
  info.use_fp16 = false;
  EXPECT_FALSE(runs_in_half(options, info));
}

// Four images at once in the decoder, whatever the batch; and the images with what becomes of them.
TEST(BatchBytes, CountTheVaeWhereItTakesMoreThanTheNetwork) {
  GenerateOptions options;
  NetworkInfo info;
  info.img_channels = 4;
  info.img_resolution = 8;
  info.activation_bytes = 1000;
  EXPECT_EQ(batch_bytes(options, info, 16), 16'000);
  options.vae = VaeDecoder::open(std::string(GDD_TEST_DATA) + "/vae/small.safetensors");
  const double image = 4 * 4.0 * 3 * 16 * 16;
  EXPECT_EQ(batch_bytes(options, info, 16), 4 * options.vae->activation_bytes(8) + 16 * image);
  EXPECT_EQ(batch_bytes(options, info, 2), 2 * options.vae->activation_bytes(8) + 2 * image);
  info.activation_bytes = 1e9;
  EXPECT_EQ(batch_bytes(options, info, 16), 16e9);
}

TEST(ImageSizes, AreThoseOfWhatIsDecoded) {
  GenerateOptions options;
  NetworkInfo info;
  info.img_channels = 4;
  info.img_resolution = 8;
  EXPECT_EQ(image_size(options, info).channels, 4);
  EXPECT_EQ(image_size(options, info).side, 8);
  EXPECT_EQ(quantisation_of(options), Quantisation::kEdm);
  options.vae = VaeDecoder::open(std::string(GDD_TEST_DATA) + "/vae/small.safetensors");
  EXPECT_EQ(image_size(options, info).channels, 3);
  EXPECT_EQ(image_size(options, info).side, 16);
  EXPECT_EQ(quantisation_of(options), Quantisation::kUnit);
}

}  // namespace
}  // namespace gdd
