// Runs of gdd-sample that are killed, stopped, or run out of disk, and go on with the same command.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <random>

#include "cli/run_program.h"
#include "cli/running_program.h"
#include "support/files_of_run.h"
#include "support/temporary_folder.h"

namespace gdd::testing {
namespace {

constexpr const char* kSnapshot = GDD_TEST_DATA "/networks/gdd-ncsnpp-cond.torch1.13.1.pkl";

class Resume : public ::testing::Test {
 protected:
  std::vector<std::string> arguments(const std::string& to, const std::string& seeds = "0-59") const {
    return {"--network",
            kSnapshot,
            "--device",
            "cpu",
            "--threads",
            "1",
            "--batch",
            "4",
            "--seeds",
            seeds,
            "--outdir",
            folder_ / to,
            "--zip",
            folder_ / (to + ".zip"),
            "--grid",
            "3x4",
            folder_ / (to + ".png")};
  }
  Outcome run(const std::string& to, const std::string& more = "", const std::string& seeds = "0-59") const {
    std::string line;
    for (const std::string& argument : arguments(to, seeds)) line += "'" + argument + "' ";
    return run_program("gdd-sample", line + more);
  }
  // Every file of a run by its name, but for what the folder remembers of it.
  std::map<std::string, std::string> files(const std::string& to) const {
    std::map<std::string, std::string> found = testing_support::files_of_run(folder_ / to);
    found[".zip"] = read_text(folder_ / (to + ".zip"));
    found[".png"] = read_text(folder_ / (to + ".png"));
    return found;
  }
  void expect_same(const std::string& to, const std::string& unbroken) const {
    const auto found = files(to), expected = files(unbroken);
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [name, bytes] : expected)
      EXPECT_TRUE(found.contains(name) && found.at(name) == bytes) << name;
  }

  ScratchFolder folder_;
};

TEST_F(Resume, ARunKilledAtTwentyMomentsEndsWithTheBytesOfAnUnbrokenOne) {
  ASSERT_EQ(run("whole").exit_code, 0);
  std::filesystem::create_directories(folder_ / "broken/.gdd-run");
  std::mt19937 random(20);
  int kills = 0;
  for (int attempt = 0; kills < 20 && attempt < 60; ++attempt) {
    RunningProgram program("gdd-sample", arguments("broken"), folder_ / "err", folder_ / "broken");
    if (program.wait_for_events(static_cast<int>(1 + random() % 30))) {
      program.signal(SIGKILL);
      kills += program.wait() == 128 + SIGKILL;
    } else {  // it came to its end: begin anew
      EXPECT_EQ(program.wait(), 0) << read_text(folder_ / "err");
      expect_same("broken", "whole");
      std::filesystem::remove_all(folder_ / "broken");
      std::filesystem::create_directories(folder_ / "broken/.gdd-run");
    }
  }
  EXPECT_EQ(kills, 20);
  ASSERT_EQ(run("broken").exit_code, 0);
  expect_same("broken", "whole");
}

TEST_F(Resume, ControlCStopsAfterTheBatchAndSaysHowToGoOn) {
  ASSERT_EQ(run("whole").exit_code, 0);
  std::filesystem::create_directories(folder_ / "out/.gdd-run");
  RunningProgram program("gdd-sample", arguments("out"), folder_ / "err", folder_ / "out");
  ASSERT_TRUE(program.wait_for_events(10));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 130);
  const std::string said = read_text(folder_ / "err");
  EXPECT_NE(said.find("the same command again continues"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/image_pack.npz"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/000000.png"));
  ASSERT_EQ(run("out").exit_code, 0);
  expect_same("out", "whole");
}

TEST_F(Resume, AFinishedRunIsCheckedAndNotDoneAgain) {
  ASSERT_EQ(run("out").exit_code, 0);
  const auto before = files("out");
  const Outcome again = run("out");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("nothing to compute: all 60 images are in"), std::string::npos) << again.err;
  testing_support::write_text(folder_ / "out/000017.png", "damaged");
  const Outcome mended = run("out");
  EXPECT_NE(mended.err.find("4 images in"), std::string::npos) << mended.err;  // its batch alone
  EXPECT_EQ(files("out"), before);
}

TEST_F(Resume, OtherSettingsAreRefusedByName) {
  ASSERT_EQ(run("out").exit_code, 0);
  const auto before = files("out");
  const std::pair<const char*, const char*> cases[] = {{"--class 3", "class drawn, found 3"},
                                                       {"--sigma_max 70", "sigma_max 80, found 70"},
                                                       {"--ema false", "weights ema, found net"},
                                                       {"--subdirs", "subdirs false, found true"},
                                                       {"--rng cuda", "rng cpu, found cuda"}};
  for (const auto& [flags, complaint] : cases) {
    const Outcome outcome = run("out", flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_NE(outcome.err.find(std::string("expected a run with ") + complaint), std::string::npos)
        << outcome.err;
  }
  EXPECT_NE(run("out", "", "0-40").err.find("seeds 0-59, found 0-40"), std::string::npos);
  EXPECT_EQ(files("out"), before);
}

TEST_F(Resume, AFolderInUseTakesTheSameRunAndNoOther) {
  ASSERT_EQ(run("whole").exit_code, 0);
  std::filesystem::create_directories(folder_ / "out/.gdd-run");
  RunningProgram program("gdd-sample", arguments("out"), folder_ / "err", folder_ / "out");
  ASSERT_TRUE(program.wait_for_events(12));  // images, so that it has long begun
  program.signal(SIGSTOP);                   // it lives, whatever the others do
  const Outcome other = run("out", "--sigma_max 70"), same = run("out");
  program.signal(SIGCONT);
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("with sigma_max 80, found 70"), std::string::npos) << other.err;
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(program.wait(), 0) << read_text(folder_ / "err");
  expect_same("out", "whole");
}

// A file system of 160 KB, which grows when it has run full. It needs a mount, in a namespace of its own.
TEST_F(Resume, AFullDiskLosesNothingFinished) {
  ASSERT_EQ(run("whole").exit_code, 0);
  std::string command = std::string(GDD_BIN) + "/gdd-sample";
  for (const std::string& argument : arguments("disk/out")) command += " '" + argument + "'";
  testing_support::write_text(
      folder_ / "script", "mount -t tmpfs -o size=160k tmpfs '" + folder_ / "disk" + "' || exit 77\n" +
                              command + " 2> '" + folder_ / "err" + "'; echo $? > '" + folder_ / "code" +
                              "'\n" + "find '" + folder_ / "disk" + "' -name '*.png' | wc -l > '" +
                              folder_ / "count" + "'\n" + "mount -o remount,size=20m '" + folder_ / "disk" +
                              "'\n" + command + " 2> '" + folder_ / "err2" + "' || exit 1\n" + "cp -r '" +
                              folder_ / "disk" + "' '" + folder_ / "copy" + "'\n");
  std::filesystem::create_directories(folder_ / "disk");
  const std::string unshare =
      "OMP_NUM_THREADS=1 unshare --mount --map-root-user sh '" + folder_ / "script" + "' > /dev/null 2>&1";
  const int status = std::system(unshare.c_str());
  if (!std::filesystem::exists(folder_ / "code"))
    GTEST_SKIP() << "no mount namespace may be made here, so no disk can be filled (status " << status << ")";
  const std::string said = read_text(folder_ / "err");
  EXPECT_EQ(read_text(folder_ / "code"), "1\n") << said;
  EXPECT_NE(said.find("No space left on device"), std::string::npos) << said;
  EXPECT_NE(said.find("give the same command again"), std::string::npos) << said;
  EXPECT_GT(std::stoi(read_text(folder_ / "count")), 4);
  EXPECT_EQ(status, 0) << read_text(folder_ / "err2");
  const auto rest = [](const std::string& text) { return std::stoi(text.substr(text.find(": ") + 2)); };
  EXPECT_LT(rest(read_text(folder_ / "err2")), 60);  // "N images in": the finished ones were not made again
  std::filesystem::rename(folder_ / "copy/out", folder_ / "again");
  std::filesystem::rename(folder_ / "copy/out.zip", folder_ / "again.zip");
  std::filesystem::rename(folder_ / "copy/out.png", folder_ / "again.png");
  expect_same("again", "whole");
}

}  // namespace
}  // namespace gdd::testing
