#include "evaluation/snapshots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "evaluation/snapshot_queue.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;
using Names = std::vector<std::string>;

std::string number_text_of(const std::string& name, const std::string& pattern = "") {
  const auto place = find_number(name, pattern);
  return place ? name.substr(place->begin, place->end - place->begin) : "none";
}

TEST(SnapshotNumber, IsTheLongestOfItsName) {
  EXPECT_EQ(number_text_of("network-snapshot-000410.pkl"), "000410");
  EXPECT_EQ(number_text_of("network-snapshot-0134217-0.050.pkl"), "0134217");  // EDM2
  EXPECT_EQ(number_text_of("edm2-img512-xs-2147483-0.025.pkl"), "2147483");
  EXPECT_EQ(number_text_of("a12-b34.pt"), "34");  // the last of these
  EXPECT_EQ(number_text_of("final.pkl"), "none");
  EXPECT_EQ(number_text_of("a.123"), "none");  // an ending
  EXPECT_EQ(number_text_of("x1234567890123456789.pkl"), "none");
}

TEST(SnapshotNumber, IsWhereThePatternSaysSo) {
  EXPECT_EQ(number_text_of("cifar10-5k.pkl", "cifar10-*k.pkl"), "5");
  EXPECT_EQ(number_text_of("cifar10.pkl", "cifar10*.pkl"), "none");
  EXPECT_EQ(error_of([] { check_pattern(""); }), "");
  EXPECT_EQ(error_of([] { check_pattern("a*.pkl"); }), "");
  EXPECT_NE(error_of([] { check_pattern("a.pkl"); }), "");
  EXPECT_NE(error_of([] { check_pattern("a/*.pkl"); }), "");
}

TEST(SnapshotSeries, IsWhatNamesHaveInCommon) {
  EXPECT_EQ(series_of("network-snapshot-0134217-0.050.pkl", ""), "network-snapshot-*-0.050.pkl");
  EXPECT_EQ(series_of("final.pkl", ""), "final.pkl");
}

class Listing : public ::testing::Test {
 protected:
  void make(const Names& names) const {
    for (const std::string& name : names) write_text(folder_ / name, "x");
  }
  Names list(const std::string& pattern = "") const {
    Names names;
    for (const Snapshot& each : list_snapshots(folder_.path().string(), pattern)) names.push_back(each.name);
    return names;
  }
  TemporaryFolder folder_;
};

TEST_F(Listing, IsInTheOrderOfNumbers) {
  make({"network-snapshot-000100.pkl", "network-snapshot-000020.pkl", "latest.pkl", "step9.pt", "step10.pt"});
  EXPECT_EQ(list(), (Names{"step9.pt", "step10.pt", "network-snapshot-000020.pkl",
                           "network-snapshot-000100.pkl", "latest.pkl"}));
}

TEST_F(Listing, OfOneNumberIsInTheOrderOfNames) {
  make({"a-0000512-0.100.pkl", "a-0000512-0.050.pkl", "a-0000256-0.100.pkl"});
  EXPECT_EQ(list(), (Names{"a-0000256-0.100.pkl", "a-0000512-0.050.pkl", "a-0000512-0.100.pkl"}));
}

TEST_F(Listing, HasNoOtherFiles) {
  make({"log.txt", "stats.jsonl", "fakes000100.png", ".network-snapshot-000100.pkl", "a1.pkl.tmp"});
  std::filesystem::create_directory(folder_ / "network-snapshot-000001.pkl");
  std::filesystem::create_symlink("nowhere", folder_ / "network-snapshot-000002.pkl");
  EXPECT_EQ(list(), Names{});
  EXPECT_EQ(list("*.txt"), Names{"log.txt"});
  EXPECT_NE(error_of([&] { list_snapshots(folder_ / "none", ""); }).find("cannot read the folder"),
            std::string::npos);
}

TEST_F(Listing, TakesALinkToAnotherPlaceAlone) {
  make({"in/a-1.pkl", "elsewhere/a-2.pkl"});
  std::filesystem::create_symlink("a-1.pkl", folder_ / "in/latest.pkl");
  std::filesystem::create_symlink("../elsewhere/a-2.pkl", folder_ / "in/a-2.pkl");
  const auto found = list_snapshots(folder_ / "in", "");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "a-1.pkl");
  EXPECT_EQ(found[1].name, "a-2.pkl");
}

TEST_F(Listing, LeavesOutTheTrainingStateBesideASnapshot) {
  make({"network-snapshot-000100.pkl", "training-state-000100.pt", "training-state-000200.pt"});
  EXPECT_EQ(list(), (Names{"network-snapshot-000100.pkl", "training-state-000200.pt"}));
  EXPECT_EQ(list("training-*.pt").size(), 2u);
}

TEST_F(Listing, LeavesOutTheTrainingStateBesideSnapshotsOfSeveralAverages) {
  make({"network-snapshot-0134217-0.050.pkl", "network-snapshot-0134217-0.100.pkl",
        "training-state-0134217.pt", "training-state-013421.pt", "training-state-final.pt"});
  EXPECT_EQ(list(), (Names{"training-state-013421.pt", "network-snapshot-0134217-0.050.pkl",
                           "network-snapshot-0134217-0.100.pkl", "training-state-final.pt"}));
}

class Queue : public ::testing::Test {
 protected:
  static constexpr double kStart = 1000, kSettle = 5, kPatience = 60;

  // Written at that time.
  static Snapshot file(const std::string& name, double written = kStart - 1000, std::uint64_t bytes = 10) {
    const auto time = static_cast<std::int64_t>(written * 1e9);
    return {name, "/" + name, 1, {bytes, 1, time, time}};
  }
  std::string next(const std::vector<Snapshot>& files, double now) {
    const auto found = queue_.next(files, now);
    if (found) last_ = *found;
    return found ? found->name : queue_.awaited() ? "waits for " + queue_.awaited()->name : "none";
  }

  SnapshotQueue queue_{kSettle, kPatience};
  Snapshot last_;
};

TEST_F(Queue, GivesEachOnce) {
  const std::vector<Snapshot> files{file("a"), file("b")};
  EXPECT_EQ(next(files, kStart), "a");
  EXPECT_EQ(next(files, kStart), "a");  // until it is done
  queue_.done(last_);
  EXPECT_EQ(next(files, kStart), "b");
  queue_.done(last_);
  EXPECT_EQ(next(files, kStart), "none");
}

TEST_F(Queue, WaitsUntilAFileStandsStill) {
  EXPECT_EQ(next({file("a", kStart - 1), file("b")}, kStart), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 2, 20), file("b")}, kStart + 3), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 2, 20), file("b")}, kStart + 8), "a");
}

// The file server's clock is an hour ahead.
TEST_F(Queue, OfAnEarlyClockMeasuresByItsOwn) {
  EXPECT_EQ(next({file("a", kStart + 3600), file("b")}, kStart), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 3600), file("b")}, kStart + 4), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 3600), file("b")}, kStart + 5), "a");
  queue_.unreadable(last_, "ends early", kStart + 5);
  EXPECT_EQ(next({file("a", kStart + 3600), file("b")}, kStart + 64), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 3600), file("b")}, kStart + 65), "b");
}

// It is an hour late: what is written now looks old.
TEST_F(Queue, OfALateClockMeasuresByItsOwn) {
  EXPECT_EQ(next({file("a")}, kStart), "a");
  queue_.done(last_);
  const std::vector<Snapshot> half{file("a"), file("b", kStart + 10 - 3600), file("c")};
  EXPECT_EQ(next(half, kStart + 10), "waits for b");
  EXPECT_EQ(next(half, kStart + 14), "waits for b");
  EXPECT_EQ(next(half, kStart + 15), "b");
  queue_.unreadable(last_, "ends early", kStart + 15);
  EXPECT_EQ(next(half, kStart + 74), "waits for b");  // it is not passed over at once, nor is c before it
  const std::vector<Snapshot> whole{file("a"), file("b", kStart + 74 - 3600, 20), file("c")};
  EXPECT_EQ(next(whole, kStart + 75), "waits for b");
  EXPECT_EQ(next(whole, kStart + 80), "b");
  queue_.done(last_);
  EXPECT_EQ(next(whole, kStart + 80), "c");
}

TEST_F(Queue, BeginsAnewWhenItsOwnClockIsSetBack) {
  EXPECT_EQ(next({file("a", kStart)}, kStart), "waits for a");
  EXPECT_EQ(next({file("a", kStart)}, kStart - 1e6), "waits for a");
  EXPECT_EQ(next({file("a", kStart)}, kStart - 1e6 + 5), "a");
}

TEST_F(Queue, WaitsForOneThatCannotBeReadAndPassesItOverOnce) {
  std::vector<Snapshot> files{file("a", kStart - 10), file("b")};
  EXPECT_EQ(next(files, kStart), "a");
  queue_.unreadable(last_, "ends early", kStart);
  EXPECT_EQ(next(files, kStart), "waits for a");
  EXPECT_EQ(next(files, kStart + 59), "waits for a");
  EXPECT_EQ(next(files, kStart + 60), "b");
  ASSERT_EQ(queue_.passed_over().size(), 1u);
  EXPECT_EQ(queue_.passed_over()[0].first.name, "a");
  EXPECT_EQ(queue_.passed_over()[0].second, "ends early");
  EXPECT_EQ(next(files, kStart + 61), "b");
  EXPECT_TRUE(queue_.passed_over().empty());
  files[0] = file("a", kStart + 62, 30);  // it goes on
  EXPECT_EQ(next(files, kStart + 63), "waits for a");
  EXPECT_EQ(next(files, kStart + 68), "a");
}

TEST_F(Queue, TriesAHalfWrittenOneAgainWhenItHasGrown) {
  EXPECT_EQ(next({file("a", kStart - 10, 10)}, kStart), "a");
  queue_.unreadable(last_, "ends early", kStart);
  EXPECT_EQ(next({file("a", kStart + 1, 20)}, kStart + 2), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 1, 20)}, kStart + 7), "a");
}

TEST_F(Queue, TakesOneThatIsWrittenAgainForAnother) {
  EXPECT_EQ(next({file("a")}, kStart), "a");
  queue_.done(last_);
  EXPECT_EQ(next({file("a", kStart + 1)}, kStart + 10), "waits for a");
  EXPECT_EQ(next({file("a", kStart + 1)}, kStart + 15), "a");
}

TEST_F(Queue, ForgetsOneThatIsGone) {
  EXPECT_EQ(next({file("a"), file("b")}, kStart), "a");
  EXPECT_EQ(next({file("b")}, kStart), "b");
}

}  // namespace
}  // namespace gdd
