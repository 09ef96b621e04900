// gdd-eval over a list of checkpoints, in a folder like the repository's with the demo alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/run_program.h"

namespace gdd::testing {
namespace {

using nlohmann::json;

class GddEvalSuite : public ::testing::Test {
 protected:
  GddEvalSuite() {
    const std::filesystem::path list = std::filesystem::path(GDD_TEST_DATA) / "../../all_ckpt";
    std::filesystem::create_directory(folder_ / "all_ckpt");
    for (const auto& entry : std::filesystem::directory_iterator(list))
      if (const std::string name = entry.path().filename().string();
          name == "published.json" || name.starts_with("gdd-demo"))
        std::filesystem::copy_file(entry.path(), folder_ / "all_ckpt/" + name);
  }
  // In that folder, where nobody has weights.
  int evaluate(const std::string& flags, int num = 64) const {
    const std::string command = "cd '" + folder_.path().string() +
                                "' && env -u GDD_DETECTOR HOME=/nonexistent OMP_NUM_THREADS=1 '" + GDD_BIN +
                                "/gdd-eval' --suite all_ckpt/published.json --num " + std::to_string(num) +
                                " " + flags + " >out 2>err </dev/null";
    return WEXITSTATUS(std::system(command.c_str()));
  }
  std::string read(const std::string& name) const { return read_text(folder_ / name); }

  ScratchFolder folder_;
};

TEST_F(GddEvalSuite, TheDemoHasOneFidAndIsSampledOnce) {
  ASSERT_EQ(evaluate("--evaluation fid --json one.json"), 0) << read("err");
  EXPECT_NE(read("err").find("sampled 64 of 64 images"), std::string::npos) << read("err");
  ASSERT_EQ(evaluate("--evaluation is_pr --json two.json"), 0) << read("err");
  EXPECT_NE(read("err").find("nothing was sampled"), std::string::npos) << read("err");
  const json one = json::parse(read("one.json")), two = json::parse(read("two.json"));
  EXPECT_EQ(one.at(0).at("fid"), two.at(0).at("fid"));
  EXPECT_TRUE(two.at(0).contains("precision"));
  EXPECT_EQ(one.at(0).at("note"), "demo features, not comparable with any published FID");
  EXPECT_TRUE(one.at(0).at("published").empty());
  EXPECT_TRUE(one.at(0).at("report").at("provenance").at("hashes").contains("snapshot"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "results/gdd-demo-64-grid.png"));
}

TEST_F(GddEvalSuite, AppendsTheLinesOfEachEvaluation) {
  ASSERT_EQ(evaluate("--jsonl lines/a.jsonl --csv lines/a.csv"), 0) << read("err");
  std::istringstream lines(read("lines/a.jsonl"));
  std::vector<std::string> metrics;
  for (std::string line; std::getline(lines, line);) {
    const json parsed = json::parse(line);
    metrics.push_back(parsed.at("metric"));
    EXPECT_EQ(parsed.at("snapshot_pkl"), "../all_ckpt/gdd-demo.pkl");
    EXPECT_EQ(parsed.at("provenance").at("device"), "cpu");
  }
  EXPECT_EQ(metrics, (std::vector<std::string>{"fid", "is", "fid", "pr"}));
}

TEST_F(GddEvalSuite, TheSameCommandAgainAppendsNoLineTwice) {
  const std::string flags = "--evaluation fid --jsonl a.jsonl --csv a.csv";
  ASSERT_EQ(evaluate(flags), 0) << read("err");
  const std::string jsonl = read("a.jsonl"), csv = read("a.csv");
  ASSERT_EQ(evaluate(flags), 0) << read("err");
  EXPECT_EQ(read("a.jsonl"), jsonl);
  EXPECT_EQ(read("a.csv"), csv);
  ASSERT_EQ(evaluate("--evaluation fid --jsonl a.jsonl", 32), 0) << read("err");  // other images
  const std::string longer = read("a.jsonl");
  EXPECT_TRUE(longer.starts_with(jsonl));
  EXPECT_EQ(std::count(longer.begin(), longer.end(), '\n'), 2);
}

// What was scored is told although a disk is full, and the program says so at its end.
TEST_F(GddEvalSuite, ALogThatCannotBeWrittenLeavesTheScores) {
  EXPECT_EQ(evaluate("--json s.json --jsonl /dev/full"), 1) << read("err");
  EXPECT_NE(read("err").find("gdd-demo: its scores are not appended: /dev/full: cannot write"),
            std::string::npos)
      << read("err");
  EXPECT_NE(read("out").find("fid"), std::string::npos) << read("out");
  EXPECT_EQ(json::parse(read("s.json")).size(), 2u);
  for (const char* page : {"report-fid.html", "report-is_pr.html"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / (std::string("results/gdd-demo-64/") + page))) << page;
}

TEST_F(GddEvalSuite, SaysWhatIsMissingAndWhereItIsHad) {
  ASSERT_EQ(evaluate(""), 0) << read("err");
  const std::string said = read("err");
  for (const char* line : {"ffhq_gdd_i.pkl", "Google Drive", "cifar10-32x32.npz ffhq-64x64.npz",
                           "not in refs/: VIRTUAL_imagenet64_labeled.npz; from: guided-diffusion's"})
    EXPECT_NE(said.find(line), std::string::npos) << line << "\n" << said;
}

// One that fails does not take the others along, and the program says so at its end.
TEST_F(GddEvalSuite, AFailureLeavesTheOthersTheirScores) {
  json list = json::parse(read("all_ckpt/published.json"));
  json demo = list["demo"], broken = list["demo"];
  demo["name"] = "sound";
  broken["name"] = "broken";
  broken["file"] = "gdd-demo-broken.pkl";
  list["checkpoints"] = {broken, demo};
  testing_support::write_text(folder_ / "all_ckpt/published.json", list.dump());
  testing_support::write_text(folder_ / "all_ckpt/gdd-demo-broken.pkl", "nonsense");
  EXPECT_EQ(evaluate("--evaluation fid --json s.json"), 1);
  const json rows = json::parse(read("s.json"));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].contains("error"));
  EXPECT_TRUE(rows[1].contains("fid"));
  EXPECT_NE(read("out").find("broken: FAILED"), std::string::npos) << read("out");
}

// A checkpoint is sampled as its authors do, whatever the others are.
TEST_F(GddEvalSuite, ACheckpointHasFlagsAGuideAndAVaeOfItsOwn) {
  json list = json::parse(read("all_ckpt/published.json"));
  json guided = list["demo"], lost = list["demo"], odd = list["demo"];
  for (const char* name : {"edm2-cond-fp16", "edm2-guide-cond-fp16"})
    std::filesystem::copy_file(GDD_TEST_DATA "/networks/" + std::string(name) + ".torch2.11.0.pkl",
                               folder_ / "all_ckpt/" + name + ".pkl");
  guided["name"] = "guided";
  guided["file"] = "edm2-cond-fp16.pkl";
  guided["gnet"] = "edm2-guide-cond-fp16.pkl";
  guided["flags"] = "--sampler edm2 --steps 2 --guidance 1.5";
  lost["gnet"] = "absent.pkl";
  lost["name"] = "lost";
  json blind = list["demo"], latent = list["demo"];
  blind["name"] = "blind";
  blind["vae"] = "absent.safetensors";
  latent["name"] = "latent";
  latent["file"] = "sida-edm2.pkl";
  latent["vae"] = "small.safetensors";
  latent["flags"] = "--sigma_max 2.5";
  for (const char* name : {"sida-edm2.pkl", "small.safetensors"})
    std::filesystem::copy_file(GDD_TEST_DATA "/vae/" + std::string(name), folder_ / "all_ckpt/" + name);
  odd["name"] = "odd";
  odd["flags"] = "--sede 3";
  list["checkpoints"] = {guided, lost, odd, blind, latent, list["demo"]};
  testing_support::write_text(folder_ / "all_ckpt/published.json", list.dump());
  EXPECT_EQ(evaluate("--evaluation fid --json s.json"), 1);
  const json rows = json::parse(read("s.json"));
  ASSERT_EQ(rows.size(), 4u);
  const json provenance = rows[0].at("report").at("provenance");
  EXPECT_EQ(provenance.at("sampler").at("name"), "edm2");
  EXPECT_EQ(provenance.at("sampler").at("guidance"), 1.5);
  EXPECT_EQ(provenance.at("hashes").at("gnet").get<std::string>().size(), 64u);
  EXPECT_NE(rows[1].at("error").get<std::string>().find("--sede"), std::string::npos);
  EXPECT_EQ(rows[2].at("report").at("provenance").at("hashes").at("vae").get<std::string>().size(), 64u);
  EXPECT_EQ(rows[3].at("report").at("provenance").at("sampler").at("name"), "one_step");
  EXPECT_FALSE(rows[3].at("report").at("provenance").at("hashes").contains("vae"));
  EXPECT_NE(read("err").find("blind is skipped: its VAE is not in all_ckpt/: absent.safetensors"),
            std::string::npos)
      << read("err");
  EXPECT_NE(read("err").find("lost is skipped: its guide is not in all_ckpt/: absent.pkl"), std::string::npos)
      << read("err");
}

// What is guessed of a network and of its guide is known to whoever reads the report.
TEST_F(GddEvalSuite, ARowHasTheWarningsOfItsNetworkAndOfItsGuide) {
  json list = json::parse(read("all_ckpt/published.json")), guided = list["demo"];
  for (const char* name : {"own.pkl", "guide.pkl"})
    std::filesystem::copy_file(GDD_TEST_DATA "/networks/ecm-adm.pkl", folder_ / "all_ckpt/" + name);
  guided["name"] = "guided";
  guided["file"] = "own.pkl";
  guided["gnet"] = "guide.pkl";
  guided["flags"] = "--sampler edm2 --steps 2 --guidance 1.5";
  list["checkpoints"] = {guided};
  testing_support::write_text(folder_ / "all_ckpt/published.json", list.dump());
  ASSERT_EQ(evaluate("--json s.json"), 0) << read("err");
  const json rows = json::parse(read("s.json"));
  ASSERT_EQ(rows.size(), 2u);
  const std::string page =
      read("results/guided-64/report-" + rows[1].at("evaluation").get<std::string>() + ".html");
  for (const char* name : {"own.pkl", "guide.pkl"}) {
    const std::string warning = std::string("all_ckpt/") + name + ": guessed that its ECMPrecond is ECT's";
    for (const json& row : rows)
      EXPECT_NE(row.at("report").at("warnings").dump().find(warning), std::string::npos) << row.at("report");
    EXPECT_NE(page.find(std::string("all_ckpt/") + name + ": guessed that"), std::string::npos);
    const std::string said = read("err");
    EXPECT_NE(said.find(warning), std::string::npos) << said;
    EXPECT_EQ(said.find(warning), said.rfind(warning)) << "told twice: " << said;
  }
}

TEST_F(GddEvalSuite, RefusesWhatTheListNames) {
  EXPECT_EQ(evaluate("--network x.pkl"), 2);
  EXPECT_EQ(evaluate("--seeds 0-9"), 2);
  // A guide and what a file leaves open are of one network; a preset is how its authors sample it.
  for (const char* own : {"--gnet x.pkl --guidance 2", "--gnet x.pkl", "--guidance 2", "--preset openai-cm",
                          "--ts 0,22,39", "--assume ecm=tcm", "--assume gnet.ecm=tcm"}) {
    EXPECT_EQ(evaluate(own), 2) << own;
    const std::string flag = std::string(own).substr(0, std::string(own).find(' '));
    EXPECT_NE(read("err").find(flag + " excludes --suite"), std::string::npos) << read("err");
  }
  EXPECT_EQ(evaluate("--evaluation nope"), 2);
  EXPECT_NE(read("err").find("known: fid is_pr"), std::string::npos) << read("err");
  EXPECT_EQ(evaluate("--json all_ckpt/published.json"), 2);
  EXPECT_NE(read("all_ckpt/published.json").find("checkpoints"), std::string::npos);
}

}  // namespace
}  // namespace gdd::testing
