#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "archive/npz.h"
#include "cli/run_program.h"
#include "measurement/measured_images.h"

namespace gdd::testing {
namespace {

using nlohmann::json;

double score(const json& report, const std::string& name) {
  for (const json& entry : report["scores"])
    if (entry["name"] == name) return entry["value"];
  ADD_FAILURE() << "no score " << name;
  return std::nan("");
}

std::string write_rows(const std::string& path, const std::string& name, std::int64_t columns,
                       const std::vector<double>& values) {
  NpzWriter npz(path);
  npz.add(name, {static_cast<std::int64_t>(values.size()) / columns, columns}, std::span(values));
  npz.commit();
  return "'" + path + "'";
}

TEST(GddIs, IsTheNumberOfClassesWhenImagesAreSureAndDiverse) {
  const ScratchFolder folder;
  const std::string npz = write_rows(folder / "p.npz", "probabilities", 3, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const Outcome outcome = run_program("gdd-is", "--images " + npz + " --json '" + folder / "r.json" + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NEAR(score(json::parse(read_text(folder / "r.json")), "inception_score"), 3, 1e-12);
  EXPECT_TRUE(outcome.out.ends_with("\n3\n")) << outcome.out;
}

TEST(GddIs, TheSplitSizeCutsBlocksInFileOrder) {
  const ScratchFolder folder;
  const std::string npz = write_rows(folder / "p.npz", "probabilities", 2, {1, 0, 1, 0, 0, 1, 0, 1});
  const Outcome outcome = run_program("gdd-is", "--images " + npz + " --split-size 2");
  EXPECT_TRUE(outcome.out.ends_with("\n1\n")) << outcome.out;  // each block holds one class
}

TEST(GddIs, MeasuresImages) {
  const ScratchFolder folder;
  testing_support::write_pictures(folder / "set", 6, 0, 16);
  const Outcome outcome = run_program(
      "gdd-is", "--images '" + folder / "set" + "' --detector demo --json '" + folder / "r.json" + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(read_text(folder / "r.json"));
  EXPECT_GT(score(report, "inception_score"), 1);
  EXPECT_EQ(report["scores"][0]["notes"]["features"], "demo features, not comparable with any published FID");
}

TEST(GddIs, FeaturesAreNoProbabilities) {
  const ScratchFolder folder;
  const std::string npz = write_rows(folder / "f.npz", "features", 2, {1, 2, 3, 4});
  const Outcome outcome = run_program("gdd-is", "--images " + npz);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("class probabilities are needed"), std::string::npos) << outcome.err;
}

// Reference points 0 1 2 3 (radii 3 2 2 3 with k 3 ... on a line); the sample covers only its middle.
class GddPr : public ::testing::Test {
 protected:
  json run(const std::string& more) {
    const std::string reference = write_rows(folder_ / "r.npz", "features", 1, {0, 1, 2, 3, 4});
    const std::string sample = write_rows(folder_ / "s.npz", "features", 1, {2, 2.125, 1.875, 100});
    const Outcome outcome = run_program("gdd-pr", "--images " + sample + " --ref " + reference + " --json '" +
                                                      folder_ / "r.json" + "' " + more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(read_text(folder_ / "r.json"));
  }
  ScratchFolder folder_;
};

// With k 1 every radius of the reference is 1; three of four samples lie within. The sample's radii are 0.125
// around 2 (twice: 2.125 and 1.875 too) and 97.875 around 100, which reaches 3 and 4 only.
TEST_F(GddPr, CountsWhatLiesInsideTheOtherManifold) {
  const json report = run("--k 1");
  EXPECT_EQ(score(report, "precision"), 0.75);
  EXPECT_EQ(score(report, "recall"), 0.6);
  EXPECT_EQ(report["scores"].size(), 2u);
}

TEST_F(GddPr, PrdcAddsDensityAndCoverage) {
  const json report = run("--k 1 --protocol prdc");
  EXPECT_EQ(score(report, "precision"), 0.75);
  EXPECT_EQ(score(report, "coverage"), 0.6);  // around 1, 2 and 3
  EXPECT_EQ(report["scores"][2]["protocol"], "prdc");
  EXPECT_GT(score(report, "density"), 0);
}

TEST_F(GddPr, TooFewRowsForTheNeighboursIsAnError) {
  const std::string two = write_rows(folder_ / "two.npz", "features", 1, {0, 1});
  const Outcome outcome = run_program("gdd-pr", "--images " + two + " --ref " + two);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("more rows than neighbours, found 2"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace gdd::testing
