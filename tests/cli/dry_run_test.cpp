// gdd-eval --dry-run as a user runs it.
#include <algorithm>
#include <utility>

#include "cli/evaluations.h"

namespace gdd::testing {
namespace {

class GddEvalDryRun : public Evaluations {
 protected:
  // The stages of the report of `to`.
  std::vector<std::string> stages(const std::string& to) const {
    std::vector<std::string> names;
    const Json whole = report(to);
    for (const Json& stage : whole.at("prediction").at("stages")) names.push_back(stage.at("stage"));
    return names;
  }
  bool is_there(const std::string& name) const { return std::filesystem::exists(folder_ / name); }
};

TEST_F(GddEvalDryRun, SaysEveryStageAndMakesNothing) {
  const Outcome outcome = evaluate("out", kScores + std::string(" --dry-run"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<std::string> expected{"start-up",   "sampling", "features",     "reference",
                                          "statistics", "fid",      "fid_infinity", "kid",
                                          "is",         "pr",       "prdc"};
  EXPECT_EQ(stages("out"), expected);
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 13) << outcome.out;  // and a head and the total
  for (const std::string& stage : expected)
    EXPECT_NE(outcome.out.find("\n" + stage + " "), std::string::npos) << stage << '\n' << outcome.out;
  EXPECT_NE(outcome.out.find("1 300 of 1 300 images"), std::string::npos) << outcome.out;
  EXPECT_FALSE(is_there("out"));
}

TEST_F(GddEvalDryRun, CountsWhatIsStillToBeDone) {
  ASSERT_EQ(evaluate("out").exit_code, 0);
  const auto before = finished("out");
  const Outcome outcome = evaluate("out", "--dry-run");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("0 of 1 300 images"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("ref: nothing to measure"), std::string::npos) << outcome.out;
  EXPECT_EQ(finished("out"), before);
}

TEST_F(GddEvalDryRun, OfAShardIsThatOfItsPart) {
  const Outcome outcome = evaluate("out", "--dry-run --shard 1/4");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("about"), std::string::npos);
  EXPECT_FALSE(is_there("out"));
}

TEST_F(GddEvalDryRun, RefusesWhatTheEvaluationRefusesAndAList) {
  const std::pair<std::string, std::string> cases[] = {
      {"--network x.pkl --metrics what --detector demo", "x.pkl"},
      {"--suite all_ckpt/published.json", "--suite"}};
  for (const auto& [flags, complaint] : cases) {
    const Outcome outcome = run_program("gdd-eval", "--dry-run --outdir '" + folder_ / "none" + "' " + flags);
    EXPECT_NE(outcome.exit_code, 0) << flags;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
    EXPECT_TRUE(outcome.out.empty());
  }
  EXPECT_EQ(run_program("gdd-eval", "--dry-run --suite all_ckpt/published.json").exit_code, 2);
  EXPECT_EQ(evaluate("none", "--dry-run --class 99").exit_code, 2);
  EXPECT_FALSE(is_there("none"));
}

}  // namespace
}  // namespace gdd::testing
