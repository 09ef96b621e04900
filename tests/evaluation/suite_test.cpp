#include "evaluation/suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "evaluation/run_suite.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

TEST(ReadSuite, ReadsThePublishedList) {
  const Suite suite = read_suite(std::string(GDD_TEST_DATA) + "/../../all_ckpt/published.json");
  ASSERT_GT(suite.checkpoints.size(), 60u);
  const SuiteCheckpoint& imagenet = suite.checkpoints.at(4);
  EXPECT_EQ(imagenet.file, "imagenet_gdd_i.pkl");
  ASSERT_EQ(imagenet.evaluations.size(), 2u);
  EXPECT_EQ(imagenet.evaluations[1].name, "is_pr");
  EXPECT_EQ(imagenet.evaluations[1].metrics, (std::vector<std::string>{"is", "fid", "sfid", "pr"}));
  ASSERT_EQ(imagenet.published.size(), 2u);
  EXPECT_EQ(imagenet.published[0].value, 1.16);
  EXPECT_EQ(imagenet.published[0].where, "the paper's abstract");
  ASSERT_TRUE(suite.demo);
  EXPECT_EQ(suite.demo->detector, "demo");
  for (const SuiteCheckpoint& checkpoint : suite.checkpoints)  // nobody measured it for us
    EXPECT_EQ(checkpoint.seeds, "0-49999") << checkpoint.name;
}

TEST(ReadSuite, KnowsHowEachFamilyIsSampledAndWhereItsFilesAre) {
  const Suite suite = read_suite(std::string(GDD_TEST_DATA) + "/../../all_ckpt/published.json");
  std::set<std::string> names, sources;
  for (const SuiteSource& source : suite.sources) sources.insert(source.files.begin(), source.files.end());
  for (const SuiteCheckpoint& checkpoint : suite.checkpoints) {
    EXPECT_TRUE(names.insert(checkpoint.name).second) << checkpoint.name;  // a folder of results each
    EXPECT_TRUE(sources.contains(checkpoint.file)) << checkpoint.file;
    EXPECT_TRUE(checkpoint.gnet.empty() || sources.contains(checkpoint.gnet)) << checkpoint.gnet;
    EXPECT_TRUE(checkpoint.vae.empty() || sources.contains(checkpoint.vae)) << checkpoint.vae;
    EXPECT_EQ(checkpoint.vae.empty(), checkpoint.file.find("img512") == std::string::npos) << checkpoint.file;
    for (const SuiteEvaluation& each : checkpoint.evaluations)
      EXPECT_TRUE(each.reference.empty() || sources.contains(each.reference)) << each.reference;
  }
  const auto reference_of = [&](const char* name) {
    return std::ranges::find(suite.checkpoints, name, &SuiteCheckpoint::name)->evaluations.at(0).reference;
  };
  for (const char* name : {"imagenet_edm2_s", "imagenet_edm2_s_autoguided", "imagenet_ddo",
                           "imagenet_tcm_xl_2step", "imagenet_ect_xl"})
    EXPECT_EQ(reference_of(name), "img64.pkl") << name;
  for (const char* name : {"imagenet", "imagenet_sida", "imagenet_dmd2_1.28"})
    EXPECT_EQ(reference_of(name), "imagenet-64x64.npz") << name;
  for (const SuiteCheckpoint& checkpoint : suite.checkpoints)  // no source says which file its numbers are of
    EXPECT_TRUE(checkpoint.file.find("_sid") == std::string::npos || checkpoint.published.empty())
        << checkpoint.name;
  const auto guided =
      std::ranges::find(suite.checkpoints, "imagenet_edm2_s_autoguided", &SuiteCheckpoint::name);
  ASSERT_NE(guided, suite.checkpoints.end());
  EXPECT_EQ(guided->flags, "--sampler edm2 --guidance 1.7");
  EXPECT_EQ(guided->gnet, "edm2-img64-xs-0134217-0.110.pkl");
  EXPECT_EQ(guided->published.at(0).value, 1.01);
}

TEST(ReadSuite, NamesThePlaceOfWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string path = folder / "s.json";
  const auto error = [&](const std::string& text) {
    write_text(path, text);
    return error_of([&] { read_suite(path); });
  };
  const std::string head =
      R"({"sources": [], "checkpoints": [{"name": "a", "file": "a.pkl", "seeds": "0-1", )";
  EXPECT_NE(error("{\"checkpoints\": [}").find("s.json: byte 18: expected JSON"), std::string::npos);
  EXPECT_NE(error("[]").find("expected an object, found array"), std::string::npos);
  EXPECT_NE(error("{}").find("has no 'checkpoints'"), std::string::npos);
  EXPECT_NE(
      error(head +
            R"("evaluations": {}, "published": [{"evaluation": "fid", "score": "fid", "value": "1"}]}]})")
          .find("checkpoints[0]: published[0]: expected a number as 'value', found string"),
      std::string::npos);
  EXPECT_NE(error(head + R"("evaluations": {"fid": {"protocol": "edm", "metrics": [1]}}, "published": []}]})")
                .find("evaluations.fid: expected texts in 'metrics', found number"),
            std::string::npos);
  EXPECT_NE(error(R"({"checkpoints": [{"name": "../../etc", "file": "a.pkl", "seeds": "0-1"}]})")
                .find("is no name of a file alone"),
            std::string::npos);
  EXPECT_NE(error_of([&] { read_suite(folder / "none.json"); }).find("there is no such file"),
            std::string::npos);
}

// What was measured and what is published stand apart, and what has another network's features says so.
TEST(SuiteReport, TellsMeasuredFromPublished) {
  SuiteRow row{"cifar", "all_ckpt/c\"\xff.pkl", "fid", "0-1", "results/cifar", "g.png", "", 1.5, {}, {}};
  row.published = {{"fid", "fid", 1.54, "the paper's abstract"}, {"fid", "fid", 1.56, "upstream's README"}};
  Score score;
  score.name = "fid";
  score.value = 2.25;
  score.protocol = "edm";
  score.num_samples = 50000;
  row.report.scores = {score};
  SuiteRow failed{"ffhq", "all_ckpt/f.pkl", "fid", "", "", "", "no space", 0, {}, {}};
  const std::string table = suite_table({row, failed});
  EXPECT_NE(table.find("2.25"), std::string::npos) << table;
  EXPECT_NE(table.find("1.54 (the paper's abstract), 1.56 (upstream's README)"), std::string::npos) << table;
  EXPECT_NE(table.find("ffhq: FAILED: no space"), std::string::npos) << table;
  EXPECT_NE(table.find("measured by others"), std::string::npos) << table;
  const auto json = nlohmann::json::parse(suite_json({row, failed}));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["fid"], 2.25);
  EXPECT_EQ(json[0]["published"][1]["value"], 1.56);
  EXPECT_EQ(json[0]["checkpoint"], "all_ckpt/c\"\\xff.pkl");
  EXPECT_EQ(json[1]["error"], "no space");
}

}  // namespace
}  // namespace gdd
