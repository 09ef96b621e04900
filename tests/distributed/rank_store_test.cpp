#include "distributed/rank_store.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <torch/csrc/distributed/c10d/HashStore.hpp>

namespace gdd {
namespace {

// Answers only when it is let go.
class StuckStore : public c10d::HashStore {
 public:
  std::int64_t add(const std::string& key, std::int64_t value) override {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return free_; });
    return c10d::HashStore::add(key, value);
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool free_ = false;
};

TEST(RankStore, KeepsWhatItIsGiven) {
  RankStore store(c10::make_intrusive<c10d::HashStore>(), std::chrono::seconds(30));
  EXPECT_EQ(store.add("count", 2), 2);
  EXPECT_EQ(store.add("count", 3), 5);
  EXPECT_FALSE(store.has("text"));
  store.set("text", std::string("a\0b\xff", 4));
  EXPECT_TRUE(store.has("text"));
  EXPECT_EQ(store.get("text"), std::string("a\0b\xff", 4));
}

// As a store whose machine lost its power: the connection stays open, and nothing comes.
TEST(RankStore, DoesNotWaitForEverForAnAnswer) {
  const auto stuck = c10::make_intrusive<StuckStore>();
  {
    RankStore store(stuck, std::chrono::seconds(1));
    EXPECT_THROW(store.add("count", 1), RankStore::SilentStore);
    stuck->let_go();
    EXPECT_THROW(store.has("count"), RankStore::SilentStore);  // once silent, it is not asked again
  }
}

}  // namespace
}  // namespace gdd
