// Evaluations of one small network by the real programs, and what they leave behind.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/run_program.h"
#include "cli/running_program.h"
#include "support/files_of_run.h"

namespace gdd::testing {

class Evaluations : public ::testing::Test {
 protected:
  using Words = std::vector<std::string>;
  using Json = nlohmann::json;
  // Every score that the demo detector gives.
  static constexpr const char* kScores =
      " --metrics fid,fid_infinity,kid,is,pr,prdc --kid-subset-size 50 --split-size 300";

  // The reference: 300 images of other seeds.
  void SetUp() override {
    ASSERT_EQ(run("gdd-sample", words({"--seeds", "5000-5299", "--outdir", folder_ / "ref"})).exit_code, 0);
  }

  static Words words(const Words& more) {
    const std::string networks = GDD_TEST_DATA "/networks/";
    Words all{"--network", networks + "gdd-ncsnpp-cond.torch1.13.1.pkl", "--device", "cpu", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static Outcome run(const std::string& program, const Words& words, const std::string& more = "") {
    std::string line;
    for (const std::string& word : words) line += "'" + word + "' ";
    return run_program(program, line + more);
  }
  // Into the folder `to`, its report into `to`.json. 1300 images are three parts: of 512, 512 and 276.
  Words evaluation(const std::string& to, const std::string& seeds = "0-1299") const {
    return words({"--seeds", seeds, "--outdir", folder_ / to, "--json", folder_ / (to + ".json"), "--ref",
                  folder_ / "ref", "--detector", "demo"});
  }
  Outcome evaluate(const std::string& to, const std::string& more = "",
                   const std::string& seeds = "0-1299") const {
    return run("gdd-eval", evaluation(to, seeds), more);
  }
  Json report(const std::string& name) const { return Json::parse(read_text(folder_ / (name + ".json"))); }
  Json scores(const std::string& name) const { return report(name).at("scores"); }

  // Records of parts, of the sample (three) and of the reference (one).
  static bool is_record(const std::filesystem::path& path) {
    return path.filename().string().starts_with("part-");
  }
  int parts(const std::string& to) const {
    int found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / to + "/.gdd-run"))
      found += is_record(entry.path());
    return found;
  }
  // Which file it is, and when it was written: another pair for one that was made again.
  using Identity = std::pair<ino_t, std::int64_t>;
  static Identity identity(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return {info.st_ino, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
  }
  // The parts whose record is there, by path.
  std::map<std::string, Identity> finished(const std::string& to) const {
    std::map<std::string, Identity> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / to + "/.gdd-run")) {
      if (!is_record(entry.path())) continue;
      const std::string number = entry.path().filename().string().substr(5);
      const std::string file = (entry.path().parent_path() / (number + ".npz")).string();
      found[file] = identity(file);
    }
    return found;
  }
  // Of the parts `before` all are the files that they were.
  void expect_kept(const std::map<std::string, Identity>& before, const std::string& to) const {
    const auto now = finished(to);
    for (const auto& [path, was] : before)
      EXPECT_TRUE(now.contains(path) && now.at(path) == was) << path << " was made again";
  }
  // Part `number` of the sample, which has three, or more.
  std::string sample_part(const std::string& to, int number) const {
    for (const auto& [path, ignored] : finished(to)) {
      const std::filesystem::path set = std::filesystem::path(path).parent_path();
      if (std::filesystem::exists(set / "part-00000002"))
        return (set / ("0000000" + std::to_string(number) + ".npz")).string();
    }
    throw std::runtime_error("no parts of a sample in " + to);
  }
  // Files of the folder by name, but for what it and its folders remember of the run, and the page about it.
  std::map<std::string, std::string> files(const std::string& to) const {
    std::map<std::string, std::string> found = testing_support::files_of_run(folder_ / to);
    std::erase_if(found, [](const auto& file) {
      return file.first == "report.html" || file.first.find(".gdd-run") != std::string::npos;
    });
    return found;
  }
  // The empty folders of what is to be evaluated as `like` was, so that they can be watched.
  void prepare(const std::string& to, const std::string& like) const {
    const std::filesystem::path from = folder_ / like + "/.gdd-run";
    for (const auto& entry : std::filesystem::directory_iterator(from))
      if (entry.is_directory())
        std::filesystem::create_directories(std::filesystem::path(folder_ / to) / ".gdd-run" /
                                            entry.path().filename());
  }

  ScratchFolder folder_;
};

}  // namespace gdd::testing
