// Evaluations that are killed, stopped, shared or damaged, and end with the digits of an unbroken one.
#include <algorithm>
#include <csignal>
#include <list>

#include "cli/evaluations.h"
#include "cli/rank_environment.h"

namespace gdd::testing {
namespace {

class EvalResume : public Evaluations {
 protected:
  void whole(const std::string& more = "") const {
    const Outcome outcome = evaluate("whole", more, seeds_);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    ASSERT_EQ(parts("whole"), parts_);
  }
  void expect_same(const std::string& to) const {
    const Json found = report(to), expected = report("whole");
    EXPECT_EQ(found["scores"], expected["scores"]);
    EXPECT_EQ(found["series"], expected["series"]);
    EXPECT_EQ(found["provenance"]["hashes"], expected["provenance"]["hashes"]);
  }
  void start(const std::string& to, const Words& more, int count) {
    prepare(to, "whole");
    const int port = free_port();
    Words flags = evaluation(to, seeds_);
    flags.insert(flags.end(), more.begin(), more.end());
    for (std::size_t rank = 0; rank < static_cast<std::size_t>(count); ++rank)
      programs_.emplace_back(
          "gdd-eval", flags, err(rank), folder_ / to,
          count > 1 ? rank_environment(rank, count, port) : std::map<std::string, std::string>{});
  }
  std::vector<int> wait() {
    std::vector<int> codes;
    for (RunningProgram& program : programs_) codes.push_back(program.wait());
    programs_.clear();
    return codes;
  }
  // Of a process alone: SIGKILL as soon as so many parts are there.
  void kill_at(const std::string& to, int wanted, const Words& more = {}) {
    start(to, more, 1);
    ASSERT_TRUE(programs_.front().wait_until([&] { return parts(to) >= wanted; })) << said(0);
    programs_.front().signal(SIGKILL);
    ASSERT_EQ(wait(), (std::vector<int>{128 + SIGKILL})) << said(0);
    ASSERT_LT(parts(to), parts_);
  }
  std::string err(std::size_t rank) const { return folder_ / ("err" + std::to_string(rank)); }
  std::string said(std::size_t rank) const { return read_text(err(rank)); }

  // 2600 images are six parts, and the reference is a seventh.
  std::string seeds_ = "0-2599";
  int parts_ = 7;
  std::list<RunningProgram> programs_;
};

// With images on the disk, which take longer: three parts, and the reference.
class EvalImages : public EvalResume {
 protected:
  EvalImages() {
    seeds_ = "0-1299";
    parts_ = 4;
  }
};

TEST_F(EvalResume, ThreeKillsChangeNoDigitAndNothingFinishedIsMadeAgain) {
  whole();
  for (const int wanted : {2, 3, 5}) {
    const auto before =
        std::filesystem::exists(folder_ / "out") ? finished("out") : std::map<std::string, Identity>{};
    kill_at("out", wanted);
    expect_kept(before, "out");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.json"));
  }
  const auto before = finished("out");
  ASSERT_EQ(evaluate("out", "", seeds_).exit_code, 0);
  expect_kept(before, "out");
  expect_same("out");
}

TEST_F(EvalResume, AGridThatWasKilledIsDrawnFromTheFirstImages) {
  whole("--grid 8x9 '" + folder_ / "whole.png" + "'");
  const Words grid{"--grid", "8x9", folder_ / "out.png"};
  kill_at("out", 3, grid);  // its images are measured
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
  ASSERT_EQ(evaluate("out", "--grid 8x9 '" + folder_ / "out.png" + "'", seeds_).exit_code, 0);
  EXPECT_EQ(read_text(folder_ / "out.png"), read_text(folder_ / "whole.png"));
  EXPECT_TRUE(files("out").empty());
  expect_same("out");
}

TEST_F(EvalImages, GoesOnWithWhatGddSampleBegan) {
  whole("--keep-images");
  const auto batches = [&] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out/.gdd-run"))
      if (entry.path().filename().string().starts_with("batch-")) found.push_back(entry.path().string());
    return found;
  };
  std::filesystem::create_directories(folder_ / "out/.gdd-run");
  programs_.emplace_back("gdd-sample", words({"--seeds", seeds_, "--outdir", folder_ / "out"}), err(0),
                         folder_ / "out");
  ASSERT_TRUE(programs_.front().wait_until([&] { return batches().size() >= 10; })) << said(0);
  programs_.front().signal(SIGKILL);
  ASSERT_EQ(wait(), (std::vector<int>{128 + SIGKILL}));
  std::map<std::string, Identity> before;
  for (const std::string& record : batches()) before[record] = identity(record);
  const std::string first = folder_ / "out/000000.png";
  const Identity image = identity(first);
  ASSERT_EQ(evaluate("out", "--keep-images", seeds_).exit_code, 0);
  for (const auto& [path, was] : before) EXPECT_EQ(identity(path), was) << path;
  EXPECT_EQ(identity(first), image);
  EXPECT_EQ(files("out"), files("whole"));
  expect_same("out");
}

TEST_F(EvalResume, TwoRanksScoreAsOne) {
  whole();
  start("out", {}, 2);
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
  expect_same("out");
  EXPECT_EQ(report("out")["provenance"]["share"], "rank 0 of 2");
}

TEST_F(EvalImages, TwoRanksKeepTheImagesOfOne) {
  whole("--keep-images");
  start("out", {"--keep-images"}, 2);
  EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
  EXPECT_EQ(files("out"), files("whole"));
  expect_same("out");
}

TEST_F(EvalResume, ThreeShardsScoreAsOne) {
  whole();
  for (const char* shard : {"2/3", "0/3", "1/3"}) {
    const Outcome outcome = evaluate("out", "--shard " + std::string(shard), seeds_);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("the same command without --shard gives the scores"), std::string::npos)
        << outcome.err;
    EXPECT_TRUE(outcome.out.empty());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.json"));
    if (shard == std::string("2/3")) {
      EXPECT_LT(parts("out"), parts_);
    }
  }
  const auto before = finished("out");
  EXPECT_EQ(before.size(), static_cast<std::size_t>(parts_));
  ASSERT_EQ(evaluate("out", "", seeds_).exit_code, 0);
  EXPECT_EQ(finished("out"), before);
  expect_same("out");
}

// Of more parts than the others: on a busy machine one rank can make many before the other hears of the
// signal.
TEST_F(EvalResume, ACtrlCInOneRankEndsBothAndTheSameCommandFinishes) {
  seeds_ = "0-5199";
  parts_ = 12;
  whole();
  for (const std::size_t asked : {0u, 1u}) {
    const std::string to = "out" + std::to_string(asked);
    start(to, {}, 2);
    ASSERT_TRUE(programs_.front().wait_until([&] { return parts(to) >= 2; })) << said(0);
    (asked == 0 ? programs_.front() : programs_.back()).signal(SIGINT);
    EXPECT_EQ(wait(), (std::vector<int>{128 + SIGINT, 128 + SIGINT})) << said(0) << said(1);
    for (const std::size_t rank : {0u, 1u})
      EXPECT_NE(said(rank).find("stopped; finished parts stay in " + folder_ / to), std::string::npos)
          << said(rank);
    EXPECT_FALSE(std::filesystem::exists(folder_ / (to + ".json")));
    const auto before = finished(to);
    EXPECT_LT(before.size(), static_cast<std::size_t>(parts_));
    if (asked == 0) {
      EXPECT_EQ(evaluate(to, "", seeds_).exit_code, 0);
    } else {
      start(to, {}, 2);
      EXPECT_EQ(wait(), (std::vector<int>{0, 0})) << said(0) << said(1);
    }
    expect_kept(before, to);
    expect_same(to);
  }
}

TEST_F(EvalResume, AnotherMetricMakesNoPartAgain) {
  ASSERT_EQ(evaluate("out").exit_code, 0);
  const auto before = finished("out");
  EXPECT_EQ(before.size(), 4u);
  ASSERT_EQ(evaluate("out", kScores).exit_code, 0);
  EXPECT_EQ(finished("out"), before);
}

TEST_F(EvalResume, OtherSettingsAreRefusedByName) {
  ASSERT_EQ(evaluate("out", "", "0-599").exit_code, 0);
  const auto before = finished("out");
  const std::pair<const char*, const char*> cases[] = {{"--sigma_max 70", "sigma_max 80, found 70"},
                                                       {"--batch 32", "batch 64, found 32"},
                                                       {"--class 3", "class drawn, found 3"}};
  for (const auto& [flags, complaint] : cases) {
    const Outcome outcome = evaluate("out", flags, "0-599");
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_NE(outcome.err.find(std::string("expected a run with ") + complaint), std::string::npos)
        << outcome.err;
  }
  const Outcome outcome = evaluate("out", "", "0-598");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("seeds 0-599, found 0-598"), std::string::npos) << outcome.err;
  EXPECT_EQ(finished("out"), before);
}

TEST_F(EvalResume, ADamagedPartIsNamedAndMadeAgain) {
  ASSERT_EQ(evaluate("out").exit_code, 0);
  const Json expected = scores("out");
  const std::string file = sample_part("out", 1), text = read_text(file);
  for (const bool shorter : {true, false}) {
    std::string damaged = shorter ? text.substr(0, text.size() / 2) : text;
    if (!shorter) damaged[damaged.size() / 2] ^= 1;
    testing_support::write_text(file, damaged);
    auto others = finished("out");
    others.erase(file);
    const Outcome outcome = evaluate("out");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find(file + ": is damaged or gone, and is made again"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(scores("out"), expected);
    EXPECT_EQ(read_text(file), text);
    expect_kept(others, "out");
  }
}

}  // namespace
}  // namespace gdd::testing
