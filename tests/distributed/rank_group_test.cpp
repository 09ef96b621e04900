#include "distributed/rank_group.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "base/stopped.h"
#include "distributed/counting_store.h"
#include "distributed/rank_store.h"
#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

// A socket that listens at a port of its own, and never answers.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// A store that outlives the ranks, as torchrun's.
class RankGroupTest : public ::testing::Test {
 protected:
  RankGroupTest() : store_("127.0.0.1", options()) {}

  RankPlace place(int rank, int size) const {
    RankPlace place;
    place.rank = rank;
    place.size = size;
    place.address = "127.0.0.1";
    place.port = store_.getPort();
    place.variable = "WORLD_SIZE";
    place.agent = true;
    place.patience = std::chrono::seconds(30);
    return place;
  }
  // What a rank says that joins, does nothing, and ends as it should, or (fails) without a word.
  std::future<std::string> join(const RankPlace& where, const std::string& plan, bool fails = false) const {
    return std::async(std::launch::async, [=]() -> std::string {
      try {
        RankGroup group(where, plan);
        if (fails) return "";
        group.reach("there");
        group.wait_for_all("there");
        group.finish();
        return "finished";
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

// A launcher's script may run one program after the other, and the same one twice.
TEST_F(RankGroupTest, MeetsAgainInTheSameStore) {
  for (int times = 0; times < 3; ++times) {
    auto first = join(place(0, 2), "a\nb\n"), second = join(place(1, 2), "a\nb\n");
    EXPECT_EQ(first.get(), "finished");
    EXPECT_EQ(second.get(), "finished");
  }
}

TEST_F(RankGroupTest, RefusesAnotherPlanOnAllSidesAndNamesTheDifference) {
  const std::string plan = "gdd-sample\n--seeds 0-7\n";
  auto first = join(place(0, 3), plan), second = join(place(1, 3), plan),
       third = join(place(2, 3), "gdd-sample\n--seeds 0-9\n");
  for (auto* said : {&first, &second, &third}) {
    const std::string text = said->get();
    EXPECT_NE(text.find("rank 2 was started otherwise than rank 0: '--seeds 0-9' and '--seeds 0-7'"),
              std::string::npos)
        << text;
  }
}

TEST_F(RankGroupTest, RefusesAnotherNumberOfRanks) {
  auto first = join(place(0, 2), ""), second = join(place(1, 3), "");
  for (auto* said : {&first, &second}) {
    const std::string text = said->get();
    EXPECT_NE(text.find("rank 1 was started otherwise than rank 0: 'ranks 3' and 'ranks 2'"),
              std::string::npos)
        << text;
  }
}

// Lists of seeds may be long, and differ at their end.
TEST_F(RankGroupTest, ComparesLongPlansToTheirEnd) {
  const std::string plan(1 << 20, '1');
  auto first = join(place(0, 2), plan + "2"), second = join(place(1, 2), plan + "3");
  for (auto* said : {&first, &second}) {
    const std::string text = said->get();
    EXPECT_NE(text.find("rank 1 was started otherwise than rank 0"), std::string::npos) << text;
  }
}

TEST_F(RankGroupTest, TellsAllWhatTheFirstSays) {
  const auto hear = [&](int rank) {
    return std::async(std::launch::async, [this, rank] {
      RankGroup group(place(rank, 2), "");
      std::string heard = group.tell_all("a" + std::to_string(rank));
      heard += group.tell_all("b" + std::to_string(rank));
      group.finish();
      return heard;
    });
  };
  auto first = hear(0), second = hear(1);
  EXPECT_EQ(first.get(), "a0b0");
  EXPECT_EQ(second.get(), "a0b0");
}

TEST_F(RankGroupTest, DoesNotWaitForARankThatCameToItsEnd) {
  auto first = std::async(std::launch::async, [this] {
    return testing_support::error_of([this] {
      RankGroup group(place(0, 2), "");
      group.wait_for(1, "what rank 1 never does");
    });
  });
  auto second = std::async(std::launch::async, [this] {
    RankGroup group(place(1, 2), "");
    group.finish();
  });
  second.get();
  const std::string text = first.get();
  EXPECT_NE(text.find("rank 1: came to its end, and left work to others"), std::string::npos) << text;
}

// How a rank ends that joins a group of two and does `work`.
std::future<std::string> work(const RankPlace& where, const std::function<void(RankGroup&)>& work,
                              const std::function<bool()>& wish = {}) {
  return std::async(std::launch::async, [=]() -> std::string {
    try {
      RankGroup group(where, "", wish);
      try {
        work(group);
      } catch (const Stopped&) {
        group.finish();
        return "stopped";
      }
      group.finish();
      return "finished";
    } catch (const Stopped&) {
      return "stopped before all had come";
    } catch (const Error& error) {
      return error.what();
    }
  });
}

// Who has not read yet that all have come says that it was stopped before.
void expect_stopped(const std::string& said) {
  EXPECT_TRUE(said == "stopped" || said == "stopped before all had come") << said;
}

// Whoever it is: the other would wait for ever for what it does no more.
TEST_F(RankGroupTest, ARankThatStopsIsNotWaitedFor) {
  for (const int stops : {0, 1}) {
    const int waits = 1 - stops;
    auto first = work(place(stops, 2), [](RankGroup& group) { group.ask_stop(); });
    auto second =
        work(place(waits, 2), [=](RankGroup& group) { group.wait_for(stops, "what it never does"); });
    EXPECT_EQ(first.get(), "finished");
    expect_stopped(second.get());
  }
}

TEST_F(RankGroupTest, WhatALeaderNeverSaysIsNotWaitedForWhenItStops) {
  auto first = work(place(0, 2), [](RankGroup& group) { group.ask_stop(); });
  auto second = work(place(1, 2), [](RankGroup& group) { group.tell_all(""); });
  EXPECT_EQ(first.get(), "finished");
  expect_stopped(second.get());
}

// Nobody but its own wish tells it, and the other hears of that at its work.
TEST_F(RankGroupTest, ARankThatWaitsHearsItsOwnWish) {
  for (const int waits : {0, 1}) {
    std::atomic<bool> wish = false, waiting = false;
    auto first = work(
        place(waits, 2),
        [&](RankGroup& group) {
          waiting = true;
          waiting.notify_all();
          group.wait_for(1 - group.rank(), "what takes long");
        },
        [&] { return wish.load(); });
    auto second = work(place(1 - waits, 2), [&](RankGroup& group) {
      waiting.wait(false);
      wish = true;
      while (!group.stop_asked()) std::this_thread::yield();
    });
    EXPECT_EQ(first.get(), "stopped");
    EXPECT_EQ(second.get(), "finished");
  }
}

TEST_F(RankGroupTest, AWishIsHeardBeforeAllHaveCome) {
  auto first = work(place(0, 3), [](RankGroup&) {});
  auto second = work(
      place(1, 3), [](RankGroup&) {}, [] { return true; });
  EXPECT_EQ(first.get(), "stopped before all had come");
  EXPECT_EQ(second.get(), "stopped before all had come");
}

// It keeps the store: the other, who has heard of the stop, comes to its end without one.
TEST_F(RankGroupTest, ALeaderThatStopsDoesNotWaitForTheWorkOfOthers) {
  RankPlace leader = place(0, 2), other = place(1, 2);
  leader.serves = true;
  leader.agent = other.agent = false;
  leader.port = other.port = Listener().port();  // closed again
  std::atomic<bool> leader_left = false;
  auto first = work(leader, [](RankGroup& group) { group.ask_stop(); });
  auto second = work(other, [&](RankGroup& group) {
    leader_left.wait(false);
    EXPECT_TRUE(group.stop_asked());
  });
  EXPECT_EQ(first.get(), "finished");
  leader_left = true;
  leader_left.notify_all();
  EXPECT_EQ(second.get(), "finished");
}

// How many things each rank asks for to meet, to gather, and to go; how often it must ask depends on others.
std::vector<std::size_t> keys_asked_for(int size) {
  const auto shared = c10::make_intrusive<c10d::HashStore>();
  std::vector<c10::intrusive_ptr<testing::CountingStore>> counted;
  std::vector<std::future<void>> ranks;
  for (int rank = 0; rank < size; ++rank) {
    counted.push_back(c10::make_intrusive<testing::CountingStore>(shared));
    ranks.push_back(std::async(std::launch::async, [=, store = counted.back()] {
      RankPlace place;
      place.rank = rank;
      place.size = size;
      place.serves = rank == 0;
      place.patience = std::chrono::seconds(30);
      const auto connect = [&] { return std::make_unique<RankStore>(store, std::chrono::seconds(30)); };
      RankGroup group(place, "", {}, RankStores{connect(), connect()});
      group.reach("there");
      if (rank == 0) group.wait_for_all("there");
      group.tell_all("");
      group.finish();
    }));
  }
  std::vector<std::size_t> keys;
  for (int rank = 0; rank < size; ++rank) {
    ranks[static_cast<std::size_t>(rank)].get();
    keys.push_back(counted[static_cast<std::size_t>(rank)]->keys());
  }
  return keys;
}

TEST(RankGroupCalls, GrowAsTheNumberOfRanks) {
  for (const int size : {4, 12, 24}) {
    const std::vector<std::size_t> keys = keys_asked_for(size);
    EXPECT_LE(keys[0], 12u + 3u * static_cast<std::size_t>(size));  // its plan, its stage, and its beat
    std::size_t sum = 0;  // a rank that left is passed over by one: two keys
    for (std::size_t rank = 1; rank < keys.size(); ++rank) sum += keys[rank];
    EXPECT_LE(sum, 14u * static_cast<std::size_t>(size));
  }
}

TEST_F(RankGroupTest, NamesWhoDidNotCome) {
  RankPlace first = place(0, 3);
  first.patience = std::chrono::seconds(7);  // torch asks the DNS for names, which may take 5
  auto there = join(first, ""), too = join(place(1, 3), "");
  for (auto* said : {&there, &too}) {
    const std::string text = said->get();
    EXPECT_NE(text.find("rank 2 of 3 did not come within 7 seconds"), std::string::npos) << text;
  }
}

TEST_F(RankGroupTest, HearsOfARankThatEndsWithoutAWord) {
  auto first = join(place(0, 2), ""), second = join(place(1, 2), "", true);
  EXPECT_EQ(second.get(), "");
  const std::string text = first.get();
  EXPECT_NE(text.find("rank 1: ended with an error"), std::string::npos) << text;
}

TEST_F(RankGroupTest, DoesNotWaitForAServerThatIsSilent) {
  const Listener silent;
  RankPlace where = place(1, 2);
  where.port = silent.port();
  where.patience = std::chrono::seconds(1);
  const std::string text = join(where, "").get();
  EXPECT_NE(text.find("nobody answered within 1 seconds"), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 0) << text;
}

// Two jobs that were given one port.
TEST_F(RankGroupTest, RefusesTheStoreOfAnotherJob) {
  RankPlace first = place(0, 2), other = place(1, 2);
  first.serves = true;
  first.agent = other.agent = false;
  first.port = other.port = Listener().port();  // closed again
  first.patience = std::chrono::seconds(7);
  first.job = "7.0";
  other.job = "8.0";
  auto there = join(first, "");
  const std::string text = join(other, "").get(), waited = there.get();
  EXPECT_NE(text.find("is the store of another job, '7.0', this rank is of '8.0'"), std::string::npos)
      << text;
  EXPECT_NE(waited.find("rank 1 of 2 did not come within 7 seconds"), std::string::npos) << waited;
}

TEST_F(RankGroupTest, SaysWhenThePortIsTaken) {
  const Listener taken;
  RankPlace where = place(0, 2);
  where.serves = true;
  where.port = taken.port();
  const std::string text = join(where, "").get();
  EXPECT_NE(text.find("another program listens at this port; give another MASTER_PORT"), std::string::npos)
      << text;
}

TEST_F(RankGroupTest, DoesNotWaitForAServerThatIsNotThere) {
  RankPlace where = place(1, 2);
  where.port = Listener().port();  // closed again
  where.patience = std::chrono::seconds(1);
  const std::string text = join(where, "").get();
  EXPECT_NE(text.find("rank 1: no store at '127.0.0.1:"), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 0) << text;
}

}  // namespace
}  // namespace gdd
