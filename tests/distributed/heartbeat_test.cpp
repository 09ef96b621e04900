#include "distributed/heartbeat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <random>
#include <vector>

#include "distributed/counting_store.h"

namespace gdd {
namespace {

using namespace std::chrono_literals;

// Ranks that beat when they are told to, in one thread.
class Ring {
 public:
  // `hasty`: takes a rank for dead that did not beat between two of its own looks; others take an hour.
  explicit Ring(int size, int hasty = -1) {
    for (int rank = 0; rank < size; ++rank) ranks_.emplace_back(rank, size, rank == hasty ? 0s : 3600s);
  }
  News beat(int rank) { return ranks_[static_cast<std::size_t>(rank)].beat(store_); }
  void beat_all() {
    for (int rank = static_cast<int>(ranks_.size()); rank-- > 0;) beat(rank);
  }
  void leave(int rank) { ranks_[static_cast<std::size_t>(rank)].end(store_, false); }
  void stay_at_end(int rank) { ranks_[static_cast<std::size_t>(rank)].end(store_, true); }
  RankStore& store() { return store_; }
  std::int64_t calls() const { return counted_->calls(); }

 private:
  c10::intrusive_ptr<testing::CountingStore> counted_ =
      c10::make_intrusive<testing::CountingStore>(c10::make_intrusive<c10d::HashStore>());
  RankStore store_{counted_, 30s};
  std::deque<Heartbeat> ranks_;
};

TEST(Heartbeat, TakesThreeCallsWhateverTheNumberOfRanks) {
  for (const int size : {2, 30, 1000}) {
    Ring ring(size);
    for (int times = 0; times < 4; ++times) ring.beat_all();
    EXPECT_EQ(ring.calls(), 3 * 4 * size);
  }
}

TEST(Heartbeat, WhoeverDiesIsNamedToAll) {
  constexpr int kSize = 5;
  for (int dead = 0; dead < kSize; ++dead) {
    const int before = (dead + kSize - 1) % kSize;
    Ring ring(kSize, before);
    ring.beat(dead);
    EXPECT_EQ(ring.beat(before).kind, News::kNone);
    ring.beat(before);
    for (int rank = 0; rank < kSize; ++rank) {
      if (rank == dead) continue;
      const News news = ring.beat(rank);
      EXPECT_EQ(news.kind, News::kSilent);
      EXPECT_EQ(news.rank, dead);
    }
  }
}

// Whatever the order in which the others leave, the last two look after each other.
TEST(Heartbeat, WhoLeftIsPassedOverOnce) {
  constexpr int kSize = 300, kOne = 40, kOther = 200;
  std::vector<int> leaving(kSize);
  std::iota(leaving.begin(), leaving.end(), 0);
  std::mt19937 random(1);
  for (int order = 0; order < 3; ++order) {
    Ring ring(kSize, kOne);
    if (order == 1) std::ranges::reverse(leaving);
    if (order == 2) std::ranges::shuffle(leaving, random);
    for (const int rank : leaving)
      if (rank != kOne && rank != kOther) ring.leave(rank);
    ring.beat(kOther);
    EXPECT_EQ(ring.beat(kOne).kind, News::kNone);
    EXPECT_LE(ring.calls(), 2 * kSize + 2 * kSize + 2 * 3);  // to leave, to be passed over, and two beats
    EXPECT_EQ(ring.beat(kOne).kind, News::kSilent);
    EXPECT_EQ(ring.beat(kOther).rank, kOther);
  }
}

TEST(Heartbeat, WhoStaysAtItsEndIsStillLookedAfter) {
  Ring ring(2, 1);
  ring.stay_at_end(0);
  EXPECT_TRUE(Heartbeat::has_ended(ring.store(), 0));
  EXPECT_FALSE(Heartbeat::has_ended(ring.store(), 1));
  EXPECT_EQ(ring.beat(1).kind, News::kNone);
  EXPECT_EQ(ring.beat(1).rank, 0);
}

TEST(Heartbeat, TheLastOneLooksAfterNobody) {
  Ring ring(3, 1);
  ring.leave(2);
  ring.leave(0);
  for (int times = 0; times < 3; ++times) EXPECT_EQ(ring.beat(1).kind, News::kNone);
}

TEST(Heartbeat, TheFirstNewsStays) {
  Ring ring(2);
  EXPECT_EQ(Heartbeat::hear(ring.store()).kind, News::kNone);
  EXPECT_EQ(Heartbeat::tell(ring.store(), {News::kStop, 1}).kind, News::kStop);
  EXPECT_EQ(Heartbeat::tell(ring.store(), {News::kFailed, 0}).kind, News::kStop);
  EXPECT_EQ(ring.beat(0).rank, 1);
}

}  // namespace
}  // namespace gdd
