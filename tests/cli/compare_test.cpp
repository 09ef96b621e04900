// gdd-eval compare as a user runs it, on what gdd-eval and gdd-sample leave behind.
#include <algorithm>
#include <cstdlib>

#include "cli/evaluations.h"

namespace gdd::testing {
namespace {

class GddCompare : public Evaluations {
 protected:
  void SetUp() override {
    Evaluations::SetUp();
    ASSERT_EQ(evaluate("one", "", "0-599").exit_code, 0);
    ASSERT_EQ(evaluate("worse", "--sigma_max 40", "0-599").exit_code, 0);
  }
  Outcome compare(const std::string& first, const std::string& second, const std::string& more = "") const {
    return run_program("gdd-eval", "compare --device cpu --threads 1 '" + folder_ / first + "' '" +
                                       folder_ / second + "' --ref '" + folder_ / "ref" +
                                       "' --detector demo --json '" + folder_ / "compared.json" + "' " +
                                       more);
  }
};

TEST_F(GddCompare, TellsWhichOfTwoEvaluationsIsBetter) {
  const Outcome outcome = compare("one", "worse");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("fid: A is better, lower by "), std::string::npos) << outcome.out;
  const Json difference = scores("compared")[0];
  EXPECT_EQ(difference["name"], "fid_difference");
  EXPECT_DOUBLE_EQ(difference["value"].get<double>(),
                   scores("one")[0]["value"].get<double>() - scores("worse")[0]["value"].get<double>());
  EXPECT_LT(difference["interval"][1].get<double>(), 0);

  const Outcome turned = compare("worse", "one");
  EXPECT_NE(turned.out.find("fid: B is better, lower by "), std::string::npos) << turned.out;
}

// Its features are there, and so is all of the reference: what $GDD_DETECTOR names is not looked at.
TEST_F(GddCompare, OfTwoEvaluationsNeedsNoDetector) {
  ASSERT_EQ(run_program("gdd-fid", "ref --device cpu --detector demo --data '" + folder_ / "ref" +
                                       "' --dest '" + folder_ / "ref.npz" + "'")
                .exit_code,
            0);
  for (const std::string& detector : {std::string(GDD_TEST_DATA "/vit/dinov2.pth"), folder_ / "ref.npz"}) {
    ::setenv("GDD_DETECTOR", detector.c_str(), 1);
    const Outcome outcome =
        run_program("gdd-eval", "compare --device cpu '" + folder_ / "one" + "' '" + folder_ / "worse" +
                                    "' --ref '" + folder_ / "ref.npz" + "'");
    ::unsetenv("GDD_DETECTOR");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("fid: A is better, lower by "), std::string::npos) << outcome.out;
  }
}

TEST_F(GddCompare, AnEvaluationIsAsGoodAsItself) {
  const Outcome outcome = compare("one", "one", "--metrics fid,pr");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* score : {"fid", "precision", "recall"})
    EXPECT_NE(outcome.out.find(std::string(score) + ": A and B are equal\n"), std::string::npos)
        << outcome.out;
}

// The features that an evaluation kept are those of its images.
TEST_F(GddCompare, ImagesAndAnEvaluationOfThemAreEqual) {
  ASSERT_EQ(run("gdd-sample", words({"--seeds", "0-599", "--outdir", folder_ / "images"})).exit_code, 0);
  const Outcome outcome = compare("one", "images");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("fid: A and B are equal\n"), std::string::npos) << outcome.out;
}

TEST_F(GddCompare, SaysWhatOfAnEvaluationIsMissing) {
  for (const auto& [path, unused] : finished("one"))
    if (path.ends_with("00000001.npz")) std::filesystem::remove(path);
  const Outcome outcome = compare("one", "worse");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find(
                "1 of 2 parts of its features are missing or damaged; the same gdd-eval command again"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

// Of another protocol, or of settings that are not those of the features: nobody can say what these are of.
TEST_F(GddCompare, TakesNoFeaturesThatAreNotOfTheRun) {
  const std::string nothing = "an evaluation that keeps no images, and no features for protocol ";
  const Outcome other = compare("one", "worse", "--protocol clean");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find(nothing + "clean"), std::string::npos) << other.err;

  const std::string settings = folder_ / "one/.gdd-run/settings";
  const std::string text = read_text(settings);
  const auto replace_seeds = [&](const std::string& seeds) {
    std::string changed = text;
    changed.replace(changed.find("seeds 0-599"), 11, "seeds " + seeds);
    testing_support::write_text(settings, changed);
    return compare("one", "worse");
  };
  const Outcome fewer = replace_seeds("0-511");
  EXPECT_EQ(fewer.exit_code, 1);
  EXPECT_NE(fewer.err.find(nothing + "edm"), std::string::npos) << fewer.err;
  const Outcome damaged = replace_seeds("0-99999999999999");
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_NE(damaged.err.find("the seeds in its settings are damaged"), std::string::npos) << damaged.err;
}

TEST_F(GddCompare, RefusesWhatIsNoSample) {
  const Outcome nothing = compare("one", "none");
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.err.find("none"), std::string::npos) << nothing.err;
  EXPECT_EQ(compare("one", "worse", "--metrics is").exit_code, 2);
  const Outcome authpct = compare("one", "worse", "--metrics fid,authpct");
  EXPECT_EQ(authpct.exit_code, 2);
  EXPECT_NE(authpct.err.find("'authpct' cannot be compared: it is of a training set"), std::string::npos);
}

}  // namespace
}  // namespace gdd::testing
