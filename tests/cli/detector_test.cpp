// TorchScript detectors that do what no detector should, through the real programs.
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/run_program.h"
#include "detectors/script_network.h"

namespace gdd::testing {
namespace {

class HostileDetector : public ::testing::Test {
 protected:
  HostileDetector() {
    for (const char* name : {"images/a.png", "images/b.png"})
      testing_support::write_text(folder_ / name, read_text(GDD_TEST_DATA "/images/rgb.png"));
  }
  Outcome features(const std::string& body, const std::string& flags) const {
    testing_support::save_network(body, folder_ / "net.pt");
    return run_program("gdd-fid", "features --data '" + folder_ / "images" + "' --dest '" +
                                      folder_ / "out/f.npz" + "' --detector '" + folder_ / "net.pt" + "' " +
                                      flags);
  }
  ScratchFolder folder_;
};

// Alone it is well: the first batch of two is the one that loops.
TEST_F(HostileDetector, ThatLoopsIsEndedInOneLineAndLeavesNothing) {
  const Outcome outcome = features(R"(n = 1
while n < 9223372036854775807 and x.size(0) > 1:
  n += 1
return x.mean([2, 3]) * n)",
                                   "--timeout-batch 1");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(
      outcome.err.find("gdd-fid: error: " + folder_ / "net.pt" + ": a batch took more than the 1 s of "),
      std::string::npos)
      << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 3)
      << outcome.err;  // and the detector's name, and the number of images
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "out"));
}

TEST_F(HostileDetector, ThatDividesByZeroIsToldInOneLine) {
  const Outcome outcome = features("return x.mean([2, 3]) * (7 % (x.size(0) - x.size(0)))", "");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find("gdd-fid: error: " + folder_ / "net.pt"), std::string::npos) << outcome.err;
}

TEST_F(HostileDetector, WithTimeEnoughIsRunAsWithoutALimit) {
  const Outcome outcome = features("return x.mean([2, 3])", "--timeout-batch 1000 --max-memory 64M");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/f.npz"));
}

}  // namespace
}  // namespace gdd::testing
