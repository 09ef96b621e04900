// A watch whose clock is a number and whose snapshots are texts: a whole one ends with a full stop.
#include "evaluation/watch.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <set>

#include "base/stopped.h"
#include "base/write_error.h"
#include "report/read_report.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;
using Names = std::vector<std::string>;

class WatchFolder : public ::testing::Test {
 protected:
  WatchFolder() {
    options_.folder = folder_ / "in";
    options_.settle = 0;
    std::filesystem::create_directory(options_.folder);
  }
  void write(const std::string& name, const std::string& text) const {
    write_text(folder_ / ("in/" + name), text);
  }
  // What happens during the next pauses, one each.
  void later(std::function<void()> action) { later_.push_back(std::move(action)); }

  WatchServices services() {
    WatchServices services;
    services.open = [this](const Snapshot& snapshot, const SharedFile& file) -> ScoreSnapshot {
      if (before_open_) std::exchange(before_open_, nullptr)();
      const std::string text(as_text(file->bytes()));
      if (!text.ends_with('.')) throw Error(snapshot.path, "ends early");
      if (text == "torch.") throw std::runtime_error("out of memory");
      return [this, snapshot, text](const std::string& folder) {
        if (text == "nan.") throw Error(snapshot.name, "fid is NaN");
        if (text == "full.") throw WriteError(folder + "/features", "cannot write: No space left on device");
        if (text == "twice." && ++failures_ < 3) throw std::runtime_error("CUDA out of memory");
        if (text == "usage.") throw Error::usage("--class", "is beyond");
        if (text == "stop.") throw Stopped();
        Report report;
        report.scores = {Score{"fid", static_cast<double>(text.size()), "edm", 64, {}, {}, {}}};
        report.galleries = {{"first", "First", "", {}}};
        EXPECT_TRUE(folder.starts_with(folder_ / "out"));
        if (during_) std::exchange(during_, nullptr)();
        return report;
      };
    };
    services.scored = [this](const ScoredSnapshot& scored) { scored_.push_back(scored.snapshot.name); };
    services.tell = [this](const std::string& message) { told_.push_back(message); };
    services.warn = [this](const std::string& message) { warned_.push_back(message); };
    services.now = [this] { return now_; };
    services.pause = [this](double seconds) {
      now_ += seconds;
      ++pauses_;
      if (pauses_ > 1000) return false;
      if (later_.empty()) return true;
      const auto action = later_.front();
      later_.pop_front();
      action();
      return !stop_;
    };
    return services;
  }
  std::unique_ptr<WatchResults> results(const RunSettings& settings = {{"metrics", "fid"}}) {
    return std::make_unique<WatchResults>(folder_ / "out", options_.folder, settings, observer_);
  }
  WatchEnd run() {
    scored_.clear();
    const auto kept = results();
    end_ = watch(options_, services(), *kept);
    there_.clear();
    for (const ScoredSnapshot& each : kept->all()) there_.push_back(each.snapshot.name);
    return end_;
  }

  TemporaryFolder folder_;
  WatchOptions options_;
  testing_support::RecordingObserver observer_;
  double now_ = 4e9;  // every file is old by then
  int pauses_ = 0, failures_ = 0;
  bool stop_ = false;
  std::deque<std::function<void()>> later_;
  std::function<void()> before_open_, during_;
  Names scored_, there_, told_, warned_;
  WatchEnd end_;
};

TEST_F(WatchFolder, ScoresWhatIsThereInOrderOnce) {
  options_.once = true;
  write("a-000010.pkl", "ten.");
  write("a-000009.pkl", "nine.");
  write("log.txt", "not one.");
  EXPECT_EQ(run().scored, 2);
  EXPECT_EQ(scored_, (Names{"a-000009.pkl", "a-000010.pkl"}));
  EXPECT_EQ(end_.failed, 0);
  EXPECT_EQ(run().scored, 0);
  EXPECT_EQ(there_, (Names{"a-000009.pkl", "a-000010.pkl"}));
}

TEST_F(WatchFolder, WaitsForAHalfWrittenOneAndKeepsTheOrder) {
  options_.once = true;
  options_.patience = 10;  // from the first try on, and its file is old
  write("a-1.pkl", "one.");
  write("a-2.pkl", "tw");
  write("a-3.pkl", "three.");
  for (int i = 0; i < 5; ++i) later([] {});
  later([this] { write("a-2.pkl", "two."); });
  EXPECT_EQ(run().scored, 3);
  EXPECT_EQ(scored_, (Names{"a-1.pkl", "a-2.pkl", "a-3.pkl"}));
  EXPECT_EQ(told_, (Names{"waiting for " + folder_ / "in/a-2.pkl" + " to be whole"}));
  EXPECT_TRUE(warned_.empty());
}

TEST_F(WatchFolder, PassesOverABrokenOneUntilItChanges) {
  options_.idle_exit = 100;
  write("a-1.pkl", "on");
  write("a-2.pkl", "two.");
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(end_.failed, 1);
  EXPECT_EQ(warned_, Names{folder_ / "in/a-1.pkl" + ": ends early; it is passed over until it changes"});
  write("a-3.pkl", "thr");
  later([] {});
  later([] {});
  later([this] { write("a-1.pkl", "one."); });
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(scored_, Names{"a-1.pkl"});
  EXPECT_EQ(there_, (Names{"a-1.pkl", "a-2.pkl"}));
}

// The pages of a mapping behind the new end would end the process by SIGBUS.
TEST_F(WatchFolder, LivesOnWhenAFileIsCutWhileItIsRead) {
  options_.once = true;
  const std::string whole = std::string(100'000, 'x') + ".";
  write("a-1.pkl", whole);
  before_open_ = [&] {
    std::filesystem::resize_file(folder_ / "in/a-1.pkl", 10);
    later([&] { write("a-1.pkl", whole + "."); });
  };
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(results()->all().at(0).report.scores.at(0).value, whole.size() + 1);
  EXPECT_EQ(end_.failed, 0);
}

TEST_F(WatchFolder, GoesOnAfterOneThatCannotBeScored) {
  options_.once = true;
  write("a-1.pkl", "nan.");
  write("a-2.pkl", "two.");
  run();
  EXPECT_EQ(scored_, Names{"a-2.pkl"});
  EXPECT_EQ(end_.failed, 1);
  ASSERT_EQ(warned_.size(), 1u);
  EXPECT_NE(warned_[0].find("FAILED: a-1.pkl: fid is NaN; it is passed over"), std::string::npos);
  write("a-3.pkl", "usage.");  // the flags are wrong for all of them
  EXPECT_NE(error_of([&] { run(); }).find("--class"), std::string::npos);
}

TEST_F(WatchFolder, GoesOnAfterAnErrorOfTorch) {
  options_.once = true;
  write("a-1.pkl", "torch.");
  write("a-2.pkl", "two.");
  run();
  EXPECT_EQ(scored_, Names{"a-2.pkl"});
  EXPECT_EQ(warned_,
            Names{folder_ / "in/a-1.pkl" + ": FAILED: out of memory; it is passed over until it changes"});
}

// Another program may have had the device's memory.
TEST_F(WatchFolder, TriesOneThatCannotBeScoredAgain) {
  options_.once = true;
  write("a-1.pkl", "twice.");
  write("a-2.pkl", "two.");
  const double start = now_;
  run();
  EXPECT_EQ(scored_, (Names{"a-1.pkl", "a-2.pkl"}));
  EXPECT_EQ(end_.failed, 0);
  EXPECT_GE(now_, start + 2 * options_.patience);
  EXPECT_EQ(told_,
            Names(2, folder_ / "in/a-1.pkl" + ": FAILED: CUDA out of memory; it is tried again in 60 s"));
}

TEST_F(WatchFolder, EndsWhenScoringCannotWrite) {
  options_.once = true;
  write("a-1.pkl", "full.");
  write("a-2.pkl", "two.");
  EXPECT_NE(error_of([&] { run(); }).find("No space left on device"), std::string::npos);
  EXPECT_TRUE(scored_.empty());
  EXPECT_TRUE(warned_.empty());
}

TEST_F(WatchFolder, EndsWhenAResultCannotBeKept) {
  options_.once = true;
  write("a-1.pkl", "one.");
  write("a-2.pkl", "two.");
  during_ = [this] {
    std::filesystem::remove_all(folder_ / "out");
    write_text(folder_ / "out", "a file");
  };
  EXPECT_NE(error_of([&] { run(); }), "");
  EXPECT_TRUE(scored_.empty());
}

TEST_F(WatchFolder, ForgetsOneThatIsDeletedBeforeItsTurn) {
  options_.once = true;
  write("a-1.pkl", "one.");
  write("a-2.pkl", "two.");
  during_ = [this] { std::filesystem::remove(folder_ / "in/a-2.pkl"); };
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(end_.failed, 0);
  std::filesystem::remove(folder_ / "in/a-1.pkl");  // its result stays
  run();
  EXPECT_EQ(there_, Names{"a-1.pkl"});
}

TEST_F(WatchFolder, ScoresOneThatWasWrittenAgainAgain) {
  options_.once = true;
  write("a-1.pkl", "one.");
  run();
  write("a-1.pkl", "another.");
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(there_, Names{"a-1.pkl"});
  EXPECT_EQ(results()->all()[0].report.scores[0].value, 8);
}

// The clock of the machine was set back between the two, and the name of a result's folder tells no order.
TEST_F(WatchFolder, HoldsTheLastResultOfANameWhateverTheClockSays) {
  options_.once = true;
  for (const char* text : {"one.", "another.", "a third one.", "a fourth of them."}) {
    write("a-1.pkl", text);
    EXPECT_EQ(run().scored, 1);
    EXPECT_EQ(scored_, Names{"a-1.pkl"});
    EXPECT_EQ(results()->all().at(0).report.scores.at(0).value, std::string(text).size());
    now_ -= 1e6;
  }
  write("a-1.pkl", "one.");  // its bytes were scored once, but others since
  EXPECT_EQ(run().scored, 1);
  EXPECT_EQ(results()->all().at(0).report.scores.at(0).value, 4);
}

// A copy, or one that was touched, has the same bytes.
TEST_F(WatchFolder, DoesNotScoreTheSameBytesAgain) {
  options_.once = true;
  write("a-1.pkl", "one.");
  run();
  std::filesystem::rename(folder_ / "in/a-1.pkl", folder_ / "away");
  std::filesystem::copy(folder_ / "away", folder_ / "in/a-1.pkl");
  EXPECT_EQ(run().scored, 0);
}

TEST_F(WatchFolder, EndsWithTheLastOfATraining) {
  options_.until = 20;
  write("a-10.pkl", "ten.");
  later([this] { write("a-19.pkl", "nineteen."); });
  later([this] { write("a-21.pkl", "last."), write("a-30.pkl", "beyond."); });
  run();
  EXPECT_EQ(scored_, (Names{"a-10.pkl", "a-19.pkl", "a-21.pkl"}));
  run();
  EXPECT_TRUE(scored_.empty());
}

TEST_F(WatchFolder, EndsWhenNothingIsNew) {
  options_.idle_exit = 100;
  const double start = now_;
  later([] {});
  later([this] { write("a-1.pkl", "one."); });
  run();
  EXPECT_EQ(scored_, Names{"a-1.pkl"});
  EXPECT_GE(now_, start + 120);  // the first came at 20
  EXPECT_LE(now_, start + 121);
}

TEST_F(WatchFolder, EndsWhenItIsAskedTo) {
  write("a-1.pkl", "one.");
  later([] {});
  later([this] { stop_ = true; });
  EXPECT_TRUE(run().stopped);
  EXPECT_EQ(there_, Names{"a-1.pkl"});
  stop_ = false;
  write("a-2.pkl", "stop.");
  EXPECT_THROW(run(), Stopped);
}

TEST_F(WatchFolder, HasOneWatcher) {
  const auto first = results();
  EXPECT_NE(error_of([&] { results(); }).find("another gdd-eval watch is at work here"), std::string::npos);
}

TEST_F(WatchFolder, OfOtherSettingsIsRefused) {
  options_.once = true;
  write("a-1.pkl", "one.");
  run();
  EXPECT_NE(error_of([&] {
              results({{"metrics", "is"}});
            }).find("expected a run with metrics fid, found is"),
            std::string::npos);
}

TEST_F(WatchFolder, ThatIsGoneIsAnError) {
  std::filesystem::remove(options_.folder);
  EXPECT_NE(error_of([&] { run(); }).find("cannot read the folder"), std::string::npos);
}

TEST_F(WatchFolder, ThatCannotBeWrittenIntoIsAnError) {
  write_text(folder_ / "out", "a file");
  EXPECT_NE(error_of([&] { results(); }), "");
}

TEST_F(WatchFolder, MakesADamagedResultAgain) {
  options_.once = true;
  write("a-1.pkl", "one.");
  run();
  const std::string folder = results()->all()[0].folder, report = folder + "/report.json",
                    whole = read_text(report);
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), whole + "\n", std::string()}) {
    write_text(report, damaged);
    EXPECT_EQ(run().scored, 1);
    EXPECT_NE(observer_.said.find("made again"), std::string::npos);
    EXPECT_EQ(read_reports(report).size(), 1u);
    observer_.said.clear();
  }
  std::filesystem::remove_all(folder_ / "out/.gdd-run");  // nothing says that it is whole
  EXPECT_EQ(run().scored, 1);
}

// Some file systems count inodes beyond 19 digits.
TEST_F(WatchFolder, KnowsAFileOfALargeInodeAgain) {
  Snapshot snapshot{"a-1.pkl", options_.folder + "/a-1.pkl", 1, {4, 18446744073709551615u, -1, 7}};
  {
    const auto kept = results();
    kept->keep({snapshot, std::string(64, 'a'), folder_ / "out/a-1-aaaaaaaa", 1, 2, 0, {}});
  }
  EXPECT_TRUE(results()->has_file(snapshot));
  snapshot.state.inode -= 1;
  EXPECT_FALSE(results()->has_file(snapshot));
}

TEST_F(WatchFolder, TakesStrangeNames) {
  options_.once = true;
  std::string longest;
  while (longest.size() < 248) longest += "\u00e4";
  const Names names{"a\nb-1.pkl", longest + "2.pkl"};  // 253 bytes
  for (const std::string& name : names) write(name, "one.");
  EXPECT_EQ(run().scored, 2);
  EXPECT_EQ(there_, names);
  const std::string folder = std::filesystem::path(results()->all().at(1).folder).filename();
  EXPECT_TRUE(longest.starts_with(folder.substr(0, folder.size() - 9)));
  EXPECT_EQ(folder.size(), 209u);
  EXPECT_EQ(run().scored, 0);
}

TEST_F(WatchFolder, TellsOfEachResultWhatItWas) {
  options_.once = true;
  write("network-snapshot-000410.pkl", "x.");
  run();
  const auto kept = results();
  const ScoredSnapshot& scored = kept->all().at(0);
  EXPECT_EQ(scored.snapshot, list_snapshots(options_.folder, "")[0]);
  EXPECT_EQ(scored.snapshot.number, 410);
  EXPECT_EQ(scored.timestamp, now_);
  EXPECT_EQ(scored.key, key_of(scored.snapshot, as_bytes(std::string("x."))));
  EXPECT_EQ(scored.folder, folder_ / ("out/network-snapshot-000410-" + scored.key.substr(0, 8)));
}

}  // namespace
}  // namespace gdd
