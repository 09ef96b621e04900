// Replays tests/data/hostile/networks (made by make_hostile.py): snapshots that read well but do not fit
// their class.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "gdd/error.h"
#include "networks/describe_file.h"
#include "networks/network.h"

namespace gdd {
namespace {

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(GDD_TEST_DATA "/hostile/networks"))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string error_of(const std::string& path) {
  try {
    Network::open(path, /*ema=*/true);
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(HostileNetworks, WeightsThatDoNotFitAreRefused) {
  ASSERT_GE(files().size(), 12u);
  for (const std::filesystem::path& path : files()) {
    const std::string error = error_of(path);
    EXPECT_EQ(error == "no error", path.filename().string().starts_with("valid-")) << path << ": " << error;
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
  }
}

// The message leads to the weight.
TEST(HostileNetworks, TheMisfitIsNamed) {
  const std::string folder = GDD_TEST_DATA "/hostile/networks/";
  EXPECT_NE(error_of(folder + "weight-missing.pkl").find("ema.model.enc.8x8_conv.weight"), std::string::npos);
  EXPECT_NE(error_of(folder + "weight-renamed.pkl").find("wait"), std::string::npos);
  EXPECT_NE(error_of(folder + "weight-extra.pkl").find("'extra'"), std::string::npos);
  EXPECT_NE(error_of(folder + "weight-transposed.pkl").find("[3, 4, 3, 3]"), std::string::npos);
  EXPECT_NE(error_of(folder + "class-unknown.pkl").find("MyPrecond"), std::string::npos);
  EXPECT_NE(
      error_of(folder + "encoder-scale-many.pkl")
          .find("encoder: expected 'scale' to be an array of numbers, found an array of 5000 numbers, more "
                "than 1024"),
      std::string::npos);
  EXPECT_NE(error_of(folder + "encoder-scale-object.pkl").find("numpy dtype 'O8' is not supported"),
            std::string::npos);
  EXPECT_NE(error_of(folder + "encoder-scale-missing.pkl").find("an array of numbers, found none"),
            std::string::npos);
  EXPECT_NE(describe_file(folder + "class-unknown.pkl").find("MyPrecond over SongUNet  (not a known network"),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
