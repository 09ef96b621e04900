#include "distributed/work_share.h"

#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "gdd/error.h"

namespace gdd {
namespace {

class WorkShareTest : public ::testing::Test {
 protected:
  WorkShareTest() : store_("127.0.0.1", options()) {}

  // How one of two ranks ends that does `work`.
  std::future<std::string> rank(int rank, const std::function<void(WorkShare&)>& work) const {
    RankPlace place;
    place.rank = rank;
    place.size = 2;
    place.address = "127.0.0.1";
    place.port = store_.getPort();
    place.agent = true;
    place.patience = std::chrono::seconds(30);
    return std::async(std::launch::async, [=]() -> std::string {
      try {
        const auto share = share_among_ranks(place, "");
        std::string end = "finished";
        try {
          work(*share);
        } catch (const Stopped&) {
          end = "stopped";
        }
        share->finish();
        return end;
      } catch (const Error& error) {
        return error.what();
      }
    });
  }

 private:
  static c10d::TCPStoreOptions options() {
    c10d::TCPStoreOptions options;
    options.port = 0;
    options.isServer = true;
    options.waitWorkers = false;
    return options;
  }
  c10d::TCPStore store_;
};

void stop(WorkShare& share) { share.ask_stop(); }

TEST_F(WorkShareTest, TheLeaderDoesNotGatherFromARankThatStops) {
  auto first = rank(0, [](WorkShare& share) { share.gather("parts"); });
  auto second = rank(1, stop);
  EXPECT_EQ(first.get(), "stopped");
  EXPECT_EQ(second.get(), "finished");
}

TEST_F(WorkShareTest, NobodyWaitsForALeaderThatStops) {
  const std::function<void(WorkShare&)> waits[] = {
      [](WorkShare& share) { share.publish("whole"); },
      [](WorkShare& share) {
        share.leader_first("folder", [] { ADD_FAILURE() << "the leader has not begun"; });
      },
      [](WorkShare& share) { share.tell_all(""); },
  };
  for (const auto& wait : waits) {
    auto first = rank(0, stop), second = rank(1, wait);
    EXPECT_EQ(first.get(), "finished");
    EXPECT_EQ(second.get(), "stopped");
  }
}

// What all have together is not made when one of them wants to stop; what is made already is said to be
// there.
TEST_F(WorkShareTest, AStopComesBeforeWhatIsMadeOfTheParts) {
  auto first = rank(0, [](WorkShare& share) {
    share.ask_stop();
    EXPECT_FALSE(share.next("parts", 9));
    EXPECT_THROW(share.gather("parts"), Stopped);
    share.publish("whole");
  });
  auto second = rank(1, [](WorkShare&) {});
  EXPECT_EQ(first.get(), "finished");
  EXPECT_EQ(second.get(), "finished");
}

TEST(Shard, HearsItsOwnWish) {
  bool wish = false;
  const auto share = open_work_share("1/2", "", [&] { return wish; });
  EXPECT_FALSE(share->stop_asked());
  wish = true;
  EXPECT_TRUE(share->stop_asked());
}

}  // namespace
}  // namespace gdd
