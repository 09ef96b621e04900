// gdd-eval watch as a user runs it, beside a training that fills a folder.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/rank_environment.h"
#include "cli/run_program.h"
#include "cli/running_program.h"

namespace gdd::testing {
namespace {

using nlohmann::json;
using testing_support::write_text;
using Names = std::vector<std::string>;

constexpr const char* kCheckpoints = GDD_TEST_DATA "/../../all_ckpt/";

std::string network(bool better) {
  return read_text(std::string(kCheckpoints) + (better ? "gdd-demo.pkl" : "gdd-demo-worse.pkl"));
}

std::string snapshot_name(int number) {
  const std::string text = std::to_string(number);
  return "network-snapshot-" + std::string(6 - text.size(), '0') + text + ".pkl";
}

// A training: another process, which writes five snapshots under their own names, as torch does. The third
// stands half written until go().
class Training {
 public:
  explicit Training(const std::string& folder) {
    if (::pipe(pipe_) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::close(pipe_[1]);
    for (const int number : {100, 200, 300, 400, 500}) {
      const std::string bytes = network(number == 400);
      std::ofstream(folder + "/" + snapshot_name(number), std::ios::binary)
          << bytes.substr(0, number == 300 ? bytes.size() / 2 : bytes.size());
    }
    write_text(folder + "/log.txt", "not a network");
    char word = 0;
    if (::read(pipe_[0], &word, 1) == 1)  // else the test is over
      std::ofstream(folder + "/" + snapshot_name(300), std::ios::binary | std::ios::app)
          << network(false).substr(network(false).size() / 2);
    ::_exit(0);
  }
  ~Training() {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    ::waitpid(pid_, nullptr, 0);
  }
  void go() const { EXPECT_EQ(::write(pipe_[1], "g", 1), 1); }

 private:
  int pipe_[2] = {-1, -1};
  pid_t pid_ = -1;
};

class GddEvalWatch : public ::testing::Test {
 protected:
  GddEvalWatch() {
    std::filesystem::create_directory(folder_ / "in");
    std::filesystem::create_directories(folder_ / "out/.gdd-run");  // so that it can be looked at
  }
  void put(int number, bool better = false) const {
    write_text(folder_ / ("in/" + snapshot_name(number)), network(better));
  }
  // What is in `more` takes the place of what goes without saying.
  Names words(const Names& more) const {
    const std::pair<const char*, std::string> usual[] = {
        {"--outdir", folder_ / "out"}, {"--ref", kCheckpoints + std::string("gdd-demo-ref.npz")},
        {"--detector", "demo"},        {"--seeds", "0-63"},
        {"--device", "cpu"},           {"--threads", "1"},
        {"--report-rows", "0"},        {"--settle", "0"},
        {"--interval", "0.05"},        {"--jsonl", folder_ / "a.jsonl"},
        {"--csv", folder_ / "a.csv"}};
    Names all{"watch", folder_ / "in"};
    for (const auto& [flag, value] : usual)
      if (std::ranges::find(more, flag) == more.end()) all.insert(all.end(), {flag, value});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Outcome run(const Names& more) const {
    std::string line;
    for (const std::string& word : words(more)) line += "'" + word + "' ";
    return run_program("gdd-eval", line);
  }
  Names lines(const std::string& name = "a.jsonl") const {
    Names found;
    if (!std::filesystem::exists(folder_ / name)) return found;
    std::istringstream text(read_text(folder_ / name));
    for (std::string line; std::getline(text, line);) found.push_back(line);
    return found;
  }
  // The snapshots of the lines of JSON, each of which is whole.
  Names scored() const {
    Names names;
    for (const std::string& line : lines())
      names.push_back(
          std::filesystem::path(json::parse(line).at("snapshot_pkl").get<std::string>()).filename());
    return names;
  }
  std::ptrdiff_t records() const {
    std::ptrdiff_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out/.gdd-run"))
      found += entry.path().filename().string().starts_with("part-");
    return found;
  }
  // Its errors go to `err`, among the files that are watched.
  RunningProgram& start(const Names& more = {}, const std::map<std::string, std::string>& environment = {}) {
    return programs_.emplace_back("gdd-eval", words(more), err(), folder_.path().string(), environment);
  }
  std::string err() const { return folder_ / ("err" + std::to_string(programs_.size())); }
  // By the program that was started last; it may not have opened its file yet.
  std::string said() const {
    const std::string path = folder_ / ("err" + std::to_string(programs_.size() - 1));
    return std::filesystem::exists(path) ? read_text(path) : "";
  }
  bool says(const std::string& text) const { return said().find(text) != std::string::npos; }
  void kill_when(const std::function<bool()>& there, const Names& more) {
    RunningProgram& program = start(more);
    ASSERT_TRUE(program.wait_until(there)) << said();
    program.signal(SIGKILL);
    const int code = program.wait();  // it may just have come to its end
    EXPECT_TRUE(code == 128 + SIGKILL || code == 0) << code;
  }

  ScratchFolder folder_;
  std::list<RunningProgram> programs_;
};

// It is killed at the moments when a result is there and its line is not yet, and while it waits.
TEST_F(GddEvalWatch, KilledAndBegunAgainScoresEachSnapshotOfATrainingOnce) {
  const Names end{"--until", "500", "--patience", "10000"};
  {
    const Training training(folder_ / "in");
    kill_when([&] { return records() >= 1; }, end);
    kill_when([&] { return says("waiting for " + folder_ / "in/network-snapshot-000300.pkl"); }, end);
    EXPECT_EQ(records(), 2);
    training.go();
  }
  kill_when([&] { return records() >= 3; }, end);
  kill_when([&] { return records() >= 4; }, end);
  const Outcome outcome = run(end);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Names all{snapshot_name(100), snapshot_name(200), snapshot_name(300), snapshot_name(400),
                  snapshot_name(500)};
  EXPECT_EQ(scored(), all);
  ASSERT_EQ(lines("a.csv").size(), 6u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const json line = json::parse(lines()[i]);
    EXPECT_NE(lines("a.csv")[i + 1].find("," + line.at("snapshot_pkl").get<std::string>() + ",fid,fid,"),
              std::string::npos);
    EXPECT_EQ(line.at("metric"), "fid");
    EXPECT_EQ(line.at("results").at("fid") < 5, all[i] == snapshot_name(400)) << line;
  }
  EXPECT_TRUE(outcome.out.starts_with(snapshot_name(500) + " fid ")) << outcome.out;
  EXPECT_NE(outcome.out.find("\nbest: network-snapshot-000400.pkl fid 2."), std::string::npos) << outcome.out;
  EXPECT_EQ(records(), 5);

  // Nothing is left to be done, and the page has them all.
  const std::string before = read_text(folder_ / "a.jsonl");
  const Outcome again = run(end);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_TRUE(again.out.starts_with("best: ")) << again.out;
  EXPECT_EQ(read_text(folder_ / "a.jsonl"), before);
  const std::string page = read_text(folder_ / "out/report.html");
  for (const std::string& name : all) EXPECT_NE(page.find(name + "</a>"), std::string::npos) << name;
  EXPECT_NE(page.find("training images, thousands"), std::string::npos);
}

TEST_F(GddEvalWatch, ScoresAsGddEvalDoes) {
  put(410, true);
  ASSERT_EQ(run({"--once", "--metrics", "fid,pr", "--ref-images",
                 kCheckpoints + std::string("gdd-demo-ref-images.npz")})
                .exit_code,
            0);
  const Outcome alone = run_program(
      "gdd-eval", "--network '" + folder_ / "in" + "/" + snapshot_name(410) + "' --ref '" + kCheckpoints +
                      "gdd-demo-ref.npz' --ref-images '" + kCheckpoints +
                      "gdd-demo-ref-images.npz' --metrics fid,pr --detector demo --seeds 0-63 --device cpu "
                      "--threads 1 --outdir '" +
                      folder_ / "alone" + "' --jsonl '" + folder_ / "alone.jsonl" + "'");
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  ASSERT_EQ(lines().size(), 2u);
  ASSERT_EQ(lines("alone.jsonl").size(), 2u);
  for (const std::size_t i : {0u, 1u}) {
    const json here = json::parse(lines()[i]), there = json::parse(lines("alone.jsonl")[i]);
    for (const char* key : {"results", "metric", "protocol", "num_samples", "num_gpus", "snapshot_pkl"})
      EXPECT_EQ(here.at(key), there.at(key)) << key;
    EXPECT_EQ(here.at("provenance").at("hashes"), there.at("provenance").at("hashes"));
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out"))
    if (entry.path().filename().string().starts_with("network-snapshot-000410-")) {
      EXPECT_TRUE(std::filesystem::exists(entry.path() / "report.html"));
    }
}

TEST_F(GddEvalWatch, PaysTheLinesThatAreMissing) {
  put(1);
  put(2);
  ASSERT_EQ(run({"--once"}).exit_code, 0);
  const std::string jsonl = read_text(folder_ / "a.jsonl"), csv = read_text(folder_ / "a.csv");
  for (const std::size_t kept : {std::size_t{0}, jsonl.find('\n') + 1, jsonl.find('\n') + 50}) {
    write_text(folder_ / "a.jsonl", jsonl.substr(0, kept));
    std::filesystem::remove(folder_ / "a.csv");
    ASSERT_EQ(run({"--once"}).exit_code, 0);
    EXPECT_EQ(lines().front() + "\n" + lines().back() + "\n", jsonl);
    EXPECT_EQ(read_text(folder_ / "a.csv"), csv);
  }
}

TEST_F(GddEvalWatch, NamesWhatIsNoNetworkAndScoresTheRest) {
  put(2);
  write_text(folder_ / "in/network-snapshot-000001.pkl", network(false).substr(0, 1000));
  write_text(folder_ / "in/stats-3.pkl", "nonsense");
  write_text(folder_ / "in/notes.md", "nonsense");
  const Outcome outcome = run({"--once", "--patience", "0"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(scored(), Names{snapshot_name(2)});
  EXPECT_TRUE(outcome.out.ends_with("best: network-snapshot-000002.pkl fid " +
                                    outcome.out.substr(outcome.out.rfind(' ') + 1)))
      << outcome.out;
  for (const char* name : {"network-snapshot-000001.pkl: ", "stats-3.pkl: "}) {
    const std::size_t place = outcome.err.find(name);
    ASSERT_NE(place, std::string::npos) << outcome.err;
    EXPECT_LT(outcome.err.find("it is passed over until it changes", place), outcome.err.find('\n', place));
  }
  EXPECT_EQ(outcome.err.find("notes.md"), std::string::npos);
  EXPECT_EQ(run({"--once", "--patience", "0", "--pattern", "*-000002.pkl"}).exit_code, 0);
}

TEST_F(GddEvalWatch, OfAnEmptyFolderHasNoBest) {
  const Outcome outcome = run({"--once"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "best: none\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.jsonl"));
}

TEST_F(GddEvalWatch, RefusesWhatCannotBeMeant) {
  const auto refused = [&](const Names& more, int code, const std::string& why) {
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, code) << why << outcome.err;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
  };
  refused({"--once", "--outdir", "/proc/none"}, 1, "/proc/none");
  refused({"--once", "--ref", folder_ / "none.npz"}, 1, "none.npz");
  refused({"--once", "--metrics", "foo"}, 2, "is not known");
  refused({"--once", "--metrics", "pr"}, 1, "features are needed, not statistics alone");
  refused({"--once", "--pattern", "a.pkl"}, 2, "--pattern");
  refused({"--once", "--grid", "2x2", "a/b.png"}, 2, "--grid");
  refused({"--once", "--network", "x.pkl"}, 2, "--network");
  put(1);
  refused({"--once", "--html", folder_ / "in" + "/" + snapshot_name(1)}, 2, "also read (DIR)");
  write_text(folder_ / "a.csv", "epoch,fid\n");
  refused({"--once"}, 1, "expected the header");
  EXPECT_EQ(read_text(folder_ / "a.csv"), "epoch,fid\n");
  std::filesystem::remove(folder_ / "a.csv");
  ASSERT_EQ(run({"--once"}).exit_code, 0);
  refused({"--once", "--seeds", "0-31"}, 2, "expected a run with seeds 0-63, found 0-31");
  refused({"--once", "--metrics", "is"}, 2, "expected a run with metrics fid, found is");
  const Outcome nowhere = run_program("gdd-eval", "watch '" + folder_ / "none" + "' --once --detector demo");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_NE(nowhere.err.find("none: cannot read the folder: No such file"), std::string::npos) << nowhere.err;
  const Outcome alone = run_program("gdd-eval", "watch '" + folder_ / "in" + "' --once --detector demo");
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_NE(alone.err.find("--ref: is needed for fid"), std::string::npos) << alone.err;
}

// A curve has one reference, whatever its name; and one training, wherever its folder is mounted.
TEST_F(GddEvalWatch, KnowsWhatItsReferenceAndFolderAre) {
  put(1);
  const std::string ref = folder_ / "ref.npz", images = folder_ / "images";
  std::filesystem::create_directory(images);
  std::filesystem::copy(kCheckpoints + std::string("gdd-demo-ref.npz"), ref);
  ASSERT_EQ(run_program("gdd-sample", "--network " + std::string(kCheckpoints) +
                                          "gdd-demo.pkl --device cpu --seeds 0-63 --outdir '" + images + "'")
                .exit_code,
            0);
  std::filesystem::remove(images + "/image_pack.npz");
  const auto again = [&](const std::string& folder) {
    Names all = words({"--once", "--metrics", "fid,pr", "--ref", ref, "--ref-images", images});
    all[1] = folder;
    std::string line;
    for (const std::string& word : all) line += "'" + word + "' ";
    return run_program("gdd-eval", line);
  };
  const Outcome first = again(folder_ / "in");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const std::string parent = folder_.path().filename().string();
  std::filesystem::create_directory(folder_ / parent);
  std::filesystem::rename(folder_ / "in", folder_ / parent + "/in");
  const Outcome moved = again(folder_ / parent + "/in");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_TRUE(moved.out.starts_with("best: ")) << moved.out;
  std::filesystem::copy(images + "/000000.png", images + "/000001.png",
                        std::filesystem::copy_options::overwrite_existing);
  const Outcome other_images = again(folder_ / parent + "/in");
  EXPECT_EQ(other_images.exit_code, 2);
  EXPECT_NE(other_images.err.find("expected a run with ref_images "), std::string::npos) << other_images.err;
  std::filesystem::copy(kCheckpoints + std::string("gdd-demo-ref-images.npz"), ref,
                        std::filesystem::copy_options::overwrite_existing);
  const Outcome other = again(folder_ / parent + "/in");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("expected a run with ref "), std::string::npos) << other.err;
}

// The report of the only result of that snapshot.
json report_of(const std::string& outdir, const std::string& name) {
  const std::string start = std::filesystem::path(name).stem().string() + "-";
  for (const auto& entry : std::filesystem::directory_iterator(outdir))
    if (entry.path().filename().string().starts_with(start))
      return json::parse(read_text((entry.path() / "report.json").string()));
  return {};
}

// Networks of EDM2's layers, whose scores are those that gdd-eval gives of each alone.
class WatchOfEdm2 : public GddEvalWatch {
 protected:
  static std::string data(const std::string& name) { return GDD_TEST_DATA "/" + name; }
  void put(int number, const std::string& file) const {
    write_text(folder_ / ("in/" + snapshot_name(number)), read_text(file));
  }
  Names with_sampler(const Names& more) const {
    Names all{"--once", "--sampler", "edm2", "--steps", "2", "--seeds", "0-15"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  json results_of_gdd_eval(int number, const Names& more) const {
    std::string line;
    Names all = words(with_sampler(more));
    for (std::size_t i = 2; i < all.size(); ++i) {
      const bool of_watch = all[i] == "--settle" || all[i] == "--interval";
      const bool of_place = all[i] == "--outdir" || all[i] == "--jsonl" || all[i] == "--csv";
      if (all[i] == "--once") continue;
      if (of_watch || of_place)
        ++i;
      else
        line += "'" + all[i] + "' ";
    }
    const Outcome outcome = run_program(
        "gdd-eval", "--network '" + folder_ / "in" + "/" + snapshot_name(number) + "' --outdir '" +
                        folder_ / "alone" + "' --json '" + folder_ / "alone.json" + "' " + line);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.exit_code == 0 ? json::parse(read_text(folder_ / "alone.json")) : json();
  }
};

TEST_F(WatchOfEdm2, MakesPicturesOfLatentsAsGddEvalDoes) {
  put(1, data("vae/edm2-latent.pkl"));
  const Names vae{"--vae", data("vae/small.safetensors")};
  const Outcome outcome = run(with_sampler(vae));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json here = report_of(folder_ / "out", snapshot_name(1)), there = results_of_gdd_eval(1, vae);
  EXPECT_EQ(here.at("scores"), there.at("scores"));
  EXPECT_EQ(here.at("provenance").at("vae"), there.at("provenance").at("vae"));
}

// What was guessed of the guide was said before the first snapshot, and the console says a line once; each
// report has it.
TEST_F(WatchOfEdm2, GuidesAsGddEvalDoesAndWarnsInEachReport) {
  const std::string edm2 = data("networks/edm2-cond-fp16.torch2.11.0.pkl");
  put(1, edm2);
  put(2, edm2);
  const Names guided{"--gnet", data("networks/openai-cm-cond.pt"), "--guidance", "1.5"};
  const Outcome outcome = run(with_sampler(guided));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json alone = results_of_gdd_eval(1, guided);
  for (const int number : {1, 2}) {
    const json here = report_of(folder_ / "out", snapshot_name(number));
    EXPECT_EQ(here.at("scores"), alone.at("scores"));
    EXPECT_EQ(here.at("provenance").at("gnet"), alone.at("provenance").at("gnet"));
    EXPECT_NE(here.at("warnings").dump().find("guessed, as no tensor tells it"), std::string::npos)
        << here.at("warnings");
  }
  Names assumed = guided;
  assumed.insert(assumed.end(), {"--assume", "gnet.training_mode=edm"});
  EXPECT_EQ(run(with_sampler(assumed)).exit_code, 2);  // other images
  assumed.insert(assumed.end(), {"--outdir", folder_ / "other", "--per-class", "--ref",
                                 kCheckpoints + std::string("gdd-demo-ref-images.npz")});
  const Outcome other = run(with_sampler(assumed));
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(report_of(folder_ / "other", snapshot_name(2)).at("provenance").at("gnet").at("precond"),
            "KarrasDenoiser (edm)");
}

TEST_F(GddEvalWatch, EndsOnCtrlCAndLetsNoOtherIn) {
  put(1);
  RunningProgram& first = start();
  ASSERT_TRUE(first.wait_until([&] { return lines("a.csv").size() == 2; })) << said();
  const Outcome second = run({"--once"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("another gdd-eval watch is at work here"), std::string::npos) << second.err;
  first.signal(SIGINT);
  EXPECT_EQ(first.wait(), 128 + SIGINT);
  EXPECT_TRUE(says("stopped; the same command again goes on")) << said();
  EXPECT_EQ(scored(), Names{snapshot_name(1)});
}

TEST_F(GddEvalWatch, GivesReportsThatStandSideBySide) {
  put(1);
  put(2, true);
  ASSERT_EQ(
      run({"--once", "--runs", "2", "--json", folder_ / "all.json", "--grid", "2x2", "grid.png", "--prune"})
          .exit_code,
      0);
  EXPECT_EQ(lines().size(), 4u);  // a line a run
  EXPECT_EQ(json::parse(lines()[1]).at("run"), 2);
  EXPECT_EQ(
      run_program("gdd-eval", "report '" + folder_ / "all.json" + "' --html '" + folder_ / "all.html" + "'")
          .exit_code,
      0);
  EXPECT_NE(read_text(folder_ / "all.html").find(snapshot_name(2)), std::string::npos);
  int grids = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out"))
    grids += entry.path().filename() == "grid.png";
  EXPECT_EQ(grids, 2);
}

TEST_F(GddEvalWatch, IsSharedByRanks) {
  const std::string strange = "a\nb-3.pkl";
  put(1);
  put(2, true);
  write_text(folder_ / "in/" + strange, network(false));
  const int port = free_port();
  for (const std::size_t rank : {0u, 1u}) start({"--once"}, rank_environment(rank, 2, port));
  for (RunningProgram& program : programs_) EXPECT_EQ(program.wait(), 0) << said();
  EXPECT_EQ(scored(), (Names{snapshot_name(1), snapshot_name(2), strange}));
  EXPECT_EQ(json::parse(lines()[0]).at("provenance").at("share"), "rank 0 of 2");
}

class LinesOfScores : public GddEvalWatch {
 protected:
  std::string log() const {
    return " --jsonl '" + folder_ / "a.jsonl" + "' --csv '" + folder_ / "a.csv" + "' ";
  }
  const std::string images_ = "'" + std::string(kCheckpoints) + "gdd-demo-ref-images.npz' ";
};

TEST_F(LinesOfScores, AreAppendedByEveryProgram) {
  const std::string common = "--images " + images_ + "--detector demo --device cpu" + log();
  ASSERT_EQ(
      run_program("gdd-fid", "calc " + common + "--metrics fid,kid --kid-subset-size 50 --ref " + images_)
          .exit_code,
      0);
  ASSERT_EQ(run_program("gdd-is", common).exit_code, 0);
  ASSERT_EQ(run_program("gdd-pr", common + "--protocol prdc --ref " + images_).exit_code, 0);
  Names metrics;
  for (const std::string& line : lines()) {
    metrics.push_back(json::parse(line).at("metric"));
    EXPECT_TRUE(json::parse(line).at("snapshot_pkl").is_null());
    EXPECT_EQ(json::parse(line).at("provenance").at("detector"), "demo");
  }
  EXPECT_EQ(metrics, (Names{"fid", "kid", "is", "prdc"}));
  EXPECT_EQ(json::parse(lines()[3]).at("results").size(), 4u);
  EXPECT_EQ(lines("a.csv").size(), 1u + 3 + 4);
}

}  // namespace
}  // namespace gdd::testing
