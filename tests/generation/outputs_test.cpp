#include "generation/outputs.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;

TEST(OpenOutputs, RefuseChannelsThatNoPictureHasBeforeTheWork) {
  const TemporaryFolder folder;
  NetworkInfo info;
  info.img_resolution = 8;
  GenerateOptions options;
  options.seeds = {0, 1, 2, 3};
  OutputFiles none, zip, grid;
  zip.zip = folder / "a.zip";
  grid.grid = {"2x2", folder / "g.png"};
  for (const std::int64_t channels : {2, 4}) {
    info.img_channels = channels;
    for (const OutputFiles& flags : {zip, grid})
      EXPECT_NE(error_of([&] { open_outputs(flags, options, info, nullptr); }).find("pictures have 1 or 3"),
                std::string::npos);
    EXPECT_EQ(error_of([&] { open_outputs(none, options, info, nullptr); }), "");
  }
  for (const std::int64_t channels : {1, 3}) {
    info.img_channels = channels;
    EXPECT_EQ(error_of([&] { open_outputs(grid, options, info, nullptr); }), "");
  }
}

TEST(OpenOutputs, RefuseLatentsAsPicturesAndSayWhatMakesThemSo) {
  NetworkInfo info;
  info.img_channels = 3;  // three of them are no colours
  info.latents = LatentEncoding{"StabilityVAEEncoder", "some/vae", {1, 1, 1}, {0, 0, 0}};
  const std::string error = error_of([&] { check_pictures(GenerateOptions(), info); });
  for (const char* part : {"makes latents of 3 channels", "--vae FILE", "some/vae", "--save-float"})
    EXPECT_NE(error.find(part), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
