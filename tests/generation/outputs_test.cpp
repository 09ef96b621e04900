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
  OutputFiles none, zip, grid;
  zip.zip = folder / "a.zip";
  grid.grid = {"2x2", folder / "g.png"};
  for (const std::int64_t channels : {2, 4}) {
    info.img_channels = channels;
    for (const OutputFiles& flags : {zip, grid})
      EXPECT_NE(error_of([&] { open_outputs(flags, 4, info, nullptr); }).find("pictures have 1 or 3"),
                std::string::npos);
    EXPECT_EQ(error_of([&] { open_outputs(none, 4, info, nullptr); }), "");
  }
  for (const std::int64_t channels : {1, 3}) {
    info.img_channels = channels;
    EXPECT_EQ(error_of([&] { open_outputs(grid, 4, info, nullptr); }), "");
  }
}

}  // namespace
}  // namespace gdd
