// Several processes that share the work, as torchrun and srun start them, and job arrays without a network.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file_lock.h"
#include "cli/rank_environment.h"
#include "cli/run_program.h"
#include "cli/running_program.h"
#include "measurement/measured_images.h"

namespace gdd::testing {
namespace {

constexpr const char* kSnapshot = GDD_TEST_DATA "/networks/gdd-ncsnpp-cond.torch1.13.1.pkl";

class Ranks : public ::testing::Test {
 protected:
  std::vector<std::string> arguments(const std::string& to, int images) const {
    return {"--network", kSnapshot,   "--device", "cpu",     "--threads",
            "1",         "--batch",   "4",        "--seeds", "0-" + std::to_string(images - 1),
            "--outdir",  folder_ / to};
  }
  Outcome run_alone(const std::string& to, int images, const std::string& more = "") const {
    std::string line;
    for (const std::string& argument : arguments(to, images)) line += "'" + argument + "' ";
    return run_program("gdd-sample", line + more);
  }
  void start(const std::string& program, const std::vector<std::string>& arguments, const std::string& to,
             int count) {
    const std::vector<std::vector<std::string>> each(static_cast<std::size_t>(count), arguments);
    start(program, each, to, count, "60");
  }
  // Each rank with arguments of its own, and one variable; the group is said to be of `count`, whoever comes.
  void start(const std::string& program, const std::vector<std::vector<std::string>>& arguments,
             const std::string& to, int count, const std::string& patience, const std::string& variable = "",
             const std::vector<std::string>& values = {}) {
    std::filesystem::create_directories(folder_ / to + "/.gdd-run");
    const int port = free_port();
    for (std::size_t rank = 0; rank < arguments.size(); ++rank) {
      std::map<std::string, std::string> environment = rank_environment(rank, count, port, patience);
      if (!variable.empty()) environment[variable] = values[rank];
      ranks_.emplace_back(program, arguments[rank], folder_ / ("err" + std::to_string(rank)), folder_ / to,
                          environment);
    }
  }
  std::vector<int> wait() {
    std::vector<int> codes;
    for (RunningProgram& rank : ranks_) codes.push_back(rank.wait());
    ranks_.clear();
    return codes;
  }
  std::string said(int rank) const { return read_text(folder_ / ("err" + std::to_string(rank))); }
  std::map<std::string, std::string> files(const std::string& to) const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / to))
      if (entry.is_regular_file()) found[entry.path().filename().string()] = read_text(entry.path());
    return found;
  }

  // How many batches the records in the folder tell of.
  int batches(const std::string& to) const {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / to + "/.gdd-run"))
      if (entry.path().filename().string().starts_with("batch-")) ++found;
    return found;
  }
  void expect_all_stopped(const std::string& to) {
    EXPECT_EQ(wait(), (std::vector<int>{128 + SIGINT, 128 + SIGINT})) << said(0) << said(1);
    for (const int rank : {0, 1}) {
      EXPECT_NE(said(rank).find("stopped; finished images stay"), std::string::npos) << said(rank);
      EXPECT_EQ(std::ranges::count(said(rank), '\n'), 1) << said(rank);
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / to + "/image_pack.npz"));
  }

  ScratchFolder folder_;
  std::list<RunningProgram> ranks_;
};

// The first that opens a file.
class OpenWatch {
 public:
  explicit OpenWatch(const std::string& path) : inotify_(::inotify_init1(IN_CLOEXEC)) {
    ::inotify_add_watch(inotify_, path.c_str(), IN_OPEN);
  }
  ~OpenWatch() { ::close(inotify_); }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;
  void wait() const {
    alignas(inotify_event) char event[4096];
    EXPECT_GT(::read(inotify_, event, sizeof event), 0);
  }

 private:
  int inotify_;
};

TEST_F(Ranks, MakeTheSameFilesWhateverTheirNumber) {
  ASSERT_EQ(run_alone("one", 40).exit_code, 0);
  for (const int count : {2, 3}) {
    const std::string to = "by" + std::to_string(count);
    start("gdd-sample", arguments(to, 40), to, count);
    EXPECT_EQ(wait(), std::vector<int>(static_cast<std::size_t>(count), 0)) << said(0) << said(1);
    EXPECT_EQ(files(to), files("one"));
  }
}

TEST_F(Ranks, ADeadOneIsNamedByTheOthersAndARerunFinishes) {
  ASSERT_EQ(run_alone("one", 400).exit_code, 0);
  start("gdd-sample", arguments("out", 400), "out", 3);
  RunningProgram& last = ranks_.back();
  ASSERT_TRUE(last.wait_for_events(40)) << said(2);
  last.signal(SIGKILL);
  EXPECT_EQ(wait(), (std::vector<int>{1, 1, 128 + SIGKILL}));
  for (const int rank : {0, 1}) EXPECT_NE(said(rank).find("rank 2: died"), std::string::npos) << said(rank);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/image_pack.npz"));
  start("gdd-sample", arguments("out", 400), "out", 2);
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0);
  EXPECT_EQ(files("out"), files("one"));
}

// The one that is held has not begun: the leader makes all there is, and waits for it.
TEST_F(Ranks, ACtrlCInTheOneThatIsWaitedForEndsBoth) {
  constexpr int kBatches = 10;
  const std::string lock = folder_ / "out/.gdd-run/lock";
  std::filesystem::create_directories(folder_ / "out/.gdd-run");
  auto job = std::make_unique<FileLock>(lock);
  ASSERT_TRUE(job->try_lock(0, FileLock::Mode::kExclusive));
  const OpenWatch opened(lock);
  start("gdd-sample", arguments("out", 4 * kBatches), "out", 2);
  RunningProgram &leader = ranks_.front(), &other = ranks_.back();
  opened.wait();  // by the leader: they have met, and the folder is not begun
  other.signal(SIGSTOP);
  job.reset();
  ASSERT_TRUE(leader.wait_until([&] { return batches("out") == kBatches; })) << said(0);
  other.signal(SIGINT);
  other.signal(SIGCONT);
  expect_all_stopped("out");
}

// It keeps the store, so that the other stands still with it.
TEST_F(Ranks, ACtrlCInALeaderThatWasHeldEndsBoth) {
  start("gdd-sample", arguments("out", 400), "out", 2);
  RunningProgram& leader = ranks_.front();
  ASSERT_TRUE(leader.wait_until([&] { return batches("out") >= 4; })) << said(0);
  leader.signal(SIGSTOP);
  leader.signal(SIGINT);
  leader.signal(SIGCONT);
  expect_all_stopped("out");
}

// The leader begins the folder, which another job has locked, and the other rank waits for that. Whoever of
// them is asked to stop, the one that waits ends at once, and the leader when it has the folder.
TEST_F(Ranks, ACtrlCEndsTheOneThatWaitsForTheLeader) {
  for (const int asked : {0, 1}) {
    const std::string to = "out" + std::to_string(asked), lock = folder_ / to + "/.gdd-run/lock";
    std::filesystem::create_directories(folder_ / to + "/.gdd-run");
    auto job = std::make_unique<FileLock>(lock);
    ASSERT_TRUE(job->try_lock(0, FileLock::Mode::kExclusive));
    const OpenWatch opened(lock);
    start("gdd-sample", arguments(to, 400), to, 2);
    opened.wait();
    (asked == 0 ? ranks_.front() : ranks_.back()).signal(SIGINT);
    EXPECT_EQ(ranks_.back().wait(), 128 + SIGINT) << said(1);
    EXPECT_NE(said(1).find("stopped; finished images stay"), std::string::npos) << said(1);
    job.reset();
    EXPECT_EQ(ranks_.front().wait(), 128 + SIGINT) << said(0);
    EXPECT_NE(said(0).find("stopped; finished images stay"), std::string::npos) << said(0);
    ranks_.clear();
  }
}

// Torch's own launcher, where LibTorch came with its Python.
class Torchrun : public Ranks {
 protected:
  void SetUp() override {
    if (std::system("'" GDD_TORCHRUN "' --help > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "no working torchrun at " GDD_TORCHRUN ": LibTorch without Python's torch";
  }
  std::vector<std::string> launch(const std::string& to, int ranks) const {
    std::vector<std::string> all{
        "--no-python",   "--nproc-per-node",          std::to_string(ranks),
        "--master-port", std::to_string(free_port()), std::string(GDD_BIN) + "/gdd-sample"};
    const std::vector<std::string> own = arguments(to, 400);
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }
  int run(const std::string& to, int ranks) {
    std::filesystem::create_directories(folder_ / to);
    return RunningProgram(GDD_TORCHRUN, launch(to, ranks), folder_ / "err0", folder_ / to).wait();
  }
};

TEST_F(Torchrun, RanksMakeTheFilesOfOneProcess) {
  ASSERT_EQ(run_alone("one", 400).exit_code, 0);
  for (const int ranks : {1, 2, 3}) {
    const std::string to = "by" + std::to_string(ranks);
    EXPECT_EQ(run(to, ranks), 0) << said(0);
    EXPECT_EQ(files(to), files("one"));
  }
}

TEST_F(Torchrun, ARankKilledHalfWayIsMadeGoodByARerun) {
  ASSERT_EQ(run_alone("one", 400).exit_code, 0);
  std::filesystem::create_directories(folder_ / "out/.gdd-run");
  RunningProgram torchrun(GDD_TORCHRUN, launch("out", 3), folder_ / "err0", folder_ / "out");
  ASSERT_TRUE(torchrun.wait_for_events(200)) << said(0);
  const std::string pid = std::to_string(torchrun.pid());
  std::istringstream children(read_text("/proc/" + pid + "/task/" + pid + "/children"));
  pid_t child = 0;
  ASSERT_TRUE(children >> child);
  ::kill(child, SIGKILL);
  EXPECT_NE(torchrun.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/image_pack.npz"));
  EXPECT_EQ(run("out", 2), 0) << said(0);
  EXPECT_EQ(files("out"), files("one"));
}

TEST_F(Ranks, AnErrorInOneEndsAll) {
  std::vector<std::string> wrong = arguments("out", 8);
  wrong.insert(wrong.end(), {"--class", "99"});
  start("gdd-sample", wrong, "out", 2);
  const std::vector<int> codes = wait();
  for (const std::size_t rank : {0u, 1u}) {  // both find it, or one finds it and the other hears of that
    const std::string text = said(static_cast<int>(rank));
    const bool found = text.find("expected classes from 0 to 9") != std::string::npos;
    const bool heard = text.find("ended with an error") != std::string::npos;
    EXPECT_TRUE((found && codes[rank] == 2) || (heard && codes[rank] == 1)) << text;
  }
  EXPECT_NE((said(0) + said(1)).find("expected classes from 0 to 9"), std::string::npos);
}

// Whatever differs: nobody may begin, or wait for ever for what the other never does.
TEST_F(Ranks, OfOtherFlagsAreRefused) {
  std::vector<std::string> theirs = arguments("out", 8);
  theirs.insert(theirs.end(), {"--sigma_max", "70"});
  start("gdd-sample", {arguments("out", 8), theirs}, "out", 2, "60");
  EXPECT_EQ(wait(), (std::vector<int>{1, 1}));
  for (const int rank : {0, 1}) {
    EXPECT_NE(said(rank).find("rank 1 was started otherwise than rank 0: '--sigma_max 70'"),
              std::string::npos)
        << said(rank);
    EXPECT_EQ(std::ranges::count(said(rank), '\n'), 1) << said(rank);
  }
  EXPECT_TRUE(files("out").empty());
}

// What no command tells: each would make other parts, and wait for ever for those of the other.
TEST_F(Ranks, OfAnotherDetectorAreRefused) {
  testing_support::write_pictures(folder_ / "a", 4, 0, 8);
  testing_support::write_pictures(folder_ / "b", 4, 9, 8);
  const std::vector<std::string> flags = {"calc",        "--images", folder_ / "a",    "--ref",
                                          folder_ / "b", "--cache",  folder_ / "cache"};
  start("gdd-fid", {flags, flags}, "cache", 2, "60", "GDD_DETECTOR",
        {"demo", GDD_TEST_DATA "/detectors/tiny.pt"});
  EXPECT_EQ(wait(), (std::vector<int>{1, 1}));
  EXPECT_NE(said(0).find("rank 1: ended with an error"), std::string::npos) << said(0);
  EXPECT_NE(said(1).find("rank 1 of 2 finds other images, another detector"), std::string::npos) << said(1);
}

TEST_F(Ranks, WithoutACommonFolderTheyCannotSample) {
  std::vector<std::vector<std::string>> each;
  for (const char* home : {"here", "there"}) {
    std::filesystem::create_directories(folder_ / home);
    each.push_back({"-C", folder_ / home, std::string(GDD_BIN) + "/gdd-sample"});
    for (const std::string& argument : arguments("", 8)) each.back().push_back(argument);
    each.back().back() = "out";  // of --outdir: in each a folder of its own
  }
  start("/usr/bin/env", each, "here", 2, "60");
  EXPECT_EQ(wait(), (std::vector<int>{1, 1}));
  EXPECT_NE(said(0).find("rank 1: ended with an error"), std::string::npos) << said(0);
  EXPECT_NE(said(1).find("out: rank 1 of 2 does not find the folder that rank 0 began"), std::string::npos)
      << said(1);
}

TEST_F(Ranks, OneThatNeverComesIsNamed) {
  start("gdd-sample", std::vector<std::vector<std::string>>{arguments("out", 8)}, "out", 4, "2");
  EXPECT_EQ(wait(), (std::vector<int>{1}));
  EXPECT_NE(said(0).find("WORLD_SIZE: rank 1 of 4 did not come within 2 seconds"), std::string::npos)
      << said(0);
  EXPECT_NE(said(0).find("to run alone, env -u WORLD_SIZE"), std::string::npos) << said(0);
  EXPECT_EQ(std::ranges::count(said(0), '\n'), 1) << said(0);
}

TEST_F(Ranks, ShardsWithoutANetworkMakeTheSameFiles) {
  ASSERT_EQ(run_alone("one", 30).exit_code, 0);
  for (const char* shard : {"2/3", "0/3", "1/3"}) {
    const Outcome outcome = run_alone("out", 30, "--json '" + folder_ / "r.json" + "' --shard " + shard);
    EXPECT_TRUE(std::filesystem::remove(folder_ / "r.json"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("the same command without --shard"), std::string::npos) << outcome.err;
  }
  EXPECT_NE(run_alone("out", 30).err.find("nothing to compute"), std::string::npos);
  EXPECT_EQ(files("out"), files("one"));
}

// 600 images are two parts of 512 and 88.
TEST_F(Ranks, ScoreAsOneProcessDoes) {
  testing_support::write_pictures(folder_ / "a", 600, 0, 8);
  testing_support::write_pictures(folder_ / "b", 40, 700, 8);
  const std::string sets =
      "calc --images '" + folder_ / "a" + "' --ref '" + folder_ / "b" + "' --detector demo --metrics fid,pr ";
  const Outcome alone = run_program("gdd-fid", sets + "--json '" + folder_ / "one.json" + "'");
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  std::filesystem::create_directories(folder_ / "cache");
  start("gdd-fid",
        {"calc", "--images", folder_ / "a", "--ref", folder_ / "b", "--detector", "demo", "--metrics",
         "fid,pr", "--threads", "1", "--cache", folder_ / "cache", "--json", folder_ / "two.json"},
        "cache", 2);
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
  const auto report = [&](const std::string& name) {
    return nlohmann::json::parse(read_text(folder_ / name));
  };
  EXPECT_EQ(report("one.json")["scores"], report("two.json")["scores"]);
  EXPECT_EQ(report("one.json")["provenance"]["hashes"], report("two.json")["provenance"]["hashes"]);
  std::filesystem::remove(folder_ / "cache/.gdd-run");  // which start() made
  std::map<std::string, int> left;                      // by what they end in
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "cache"))
    ++left[entry.path().extension()];
  EXPECT_EQ(left[".npz"], 3) << "two parts of one set, one of the other";
}

// --threads may be a rank's own; whoever has none takes the leader's, and nobody waits for the other.
TEST_F(Ranks, NeedNotAllNameTheirThreads) {
  const std::string network = std::string(GDD_TEST_DATA) + "/../../all_ckpt/gdd-demo.pkl";
  const std::vector<std::string> plain = {"--network", network, "--seeds",  "0-7",
                                          "--batch",   "4",     "--outdir", folder_ / "out"};
  std::vector<std::string> named = plain;
  named.insert(named.end(), {"--threads", "1"});
  start("gdd-sample", {named, plain}, "out", 2, "60");
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
  start("gdd-sample", {plain, named}, "out", 2, "60");  // and to go on
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
}

TEST_F(Ranks, ShareTheFeaturesOfOneFile) {
  testing_support::write_pictures(folder_ / "a", 600, 0, 8);
  const std::string one = folder_ / "one.npz", two = folder_ / "two.npz";
  ASSERT_EQ(
      run_program("gdd-fid", "features --data '" + folder_ / "a" + "' --detector demo --dest '" + one + "'")
          .exit_code,
      0);
  std::filesystem::create_directories(folder_ / "cache");
  start("gdd-fid",
        {"features", "--data", folder_ / "a", "--detector", "demo", "--dest", two, "--threads", "1",
         "--cache", folder_ / "cache"},
        "cache", 2);
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
  EXPECT_EQ(read_text(two), read_text(one));
}

TEST_F(Ranks, MergedShardsAreTheWholeFile) {
  testing_support::write_pictures(folder_ / "a", 600, 0, 8);
  const std::string features =
      "features --data '" + folder_ / "a" + "' --detector demo --protocol adm --dest '";
  ASSERT_EQ(run_program("gdd-fid", features + folder_ / "whole.npz" + "'").exit_code, 0);
  for (const char* i : {"0", "1"})
    ASSERT_EQ(run_program("gdd-fid",
                          features + folder_ / (std::string("part") + i + ".npz") + "' --shard " + i + "/2")
                  .exit_code,
              0);
  const Outcome merged =
      run_program("gdd-fid", "merge '" + folder_ / "part0.npz" + "' '" + folder_ / "part1.npz" +
                                 "' --dest '" + folder_ / "merged.npz" + "'");
  EXPECT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(read_text(folder_ / "merged.npz"), read_text(folder_ / "whole.npz"));
}

TEST_F(Ranks, WithoutACommonFolderTheyCannotScore) {
  testing_support::write_pictures(folder_ / "a", 4, 0, 8);
  start("gdd-is", {"--images", folder_ / "a", "--detector", "demo"}, "a", 2);
  EXPECT_EQ(wait(), (std::vector<int>{2, 2}));
  EXPECT_NE(said(0).find("--cache: is needed"), std::string::npos) << said(0);
}

TEST_F(Ranks, WhatOneProcessAloneCanDoIsRefused) {
  const Outcome outcome = run_alone("out", 4, "--shard 1/2 --save-float '" + folder_ / "f.npz" + "'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--save-float"), std::string::npos) << outcome.err;
  for (const char* shard : {"2/2", "1", "a/b", "-1/2", "1/2x"})
    EXPECT_EQ(run_alone("out", 4, "--shard=" + std::string(shard)).exit_code, 2) << shard;
}

}  // namespace
}  // namespace gdd::testing
