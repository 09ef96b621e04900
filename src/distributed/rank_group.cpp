#include "distributed/rank_group.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "gdd/error.h"

namespace gdd {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 1s;
constexpr auto kSilence = 20s;  // then a rank counts as dead
constexpr auto kJoining = 60s;  // for a rank that was never heard of: it may still be loading
constexpr auto kPoll = 50ms;
constexpr std::chrono::milliseconds kConnect = 60s;

// The last news of a rank: how often its heart beat, and when that was found to have changed.
struct Heard {
  std::int64_t count = 0;
  Clock::time_point when = Clock::now();
};

std::string of_rank(const std::string& key, int rank) { return key + "/" + std::to_string(rank); }

c10::intrusive_ptr<c10d::Store> open_store(const RankPlace& place, bool serve) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = kConnect;
  try {
    return c10::make_intrusive<c10d::PrefixStore>(
        "gdd/" + place.job, c10::make_intrusive<c10d::TCPStore>(place.address, options));
  } catch (const std::exception& error) {
    const std::string text = error.what();
    throw Error("rank " + std::to_string(place.rank),
                "no store at " + place.address + ":" + std::to_string(place.port) + ": " +
                    text.substr(0, text.find('\n')),
                "check MASTER_ADDR and MASTER_PORT");
  }
}

}  // namespace

struct RankGroup::State {
  explicit State(const RankPlace& where)
      : place(where), store(open_store(where, where.serves)), own_store(open_store(where, false)) {}

  // A call to the store, whose end is that of whoever keeps it.
  template <class Call>
  auto ask(Call call) {
    check();
    try {
      return call();
    } catch (const std::exception&) {
      throw Error("rank " + std::to_string(place.rank),
                  "the store at " + place.address + ":" + std::to_string(place.port) +
                      " is gone, and with it rank 0 or torchrun",
                  "give the same command again: finished work stays");
    }
  }

  bool is_set(const std::string& key) {
    return ask([&] { return store->add(key, 0) > 0; });
  }

  // A silent rank comes first: others may have ended because of it.
  void check() const {
    const int failed = failed_rank, silent = silent_rank;
    if (failed < 0 && silent < 0) return;
    throw Error(
        "rank " + std::to_string(silent >= 0 ? silent : failed),
        silent >= 0 ? "died, or its machine did: it was not heard of for too long" : "ended with an error",
        "see what it printed last; the same command again finishes the work");
  }

  // The heart: says that this rank lives, and listens to the others.
  void beat() {
    std::vector<Heard> heard(static_cast<std::size_t>(place.size));
    std::unique_lock lock(mutex);
    while (!stop) {
      lock.unlock();
      try {
        own_store->add(of_rank("beat", place.rank), 1);
        listen(heard);
      } catch (const std::exception&) {
        return;  // the store is gone: whoever asks it next says so
      }
      lock.lock();
      wake.wait_for(lock, kBeat, [&] { return stop; });
    }
  }

  void listen(std::vector<Heard>& heard) {
    int failed = -1, silent = -1;
    for (int other = 0; other < place.size; ++other) {
      const auto count_of = [&](const char* key) { return own_store->add(of_rank(key, other), 0); };
      if (other == place.rank || count_of("left") > 0) continue;
      if (count_of("failed") > 0) failed = other;
      Heard& last = heard[static_cast<std::size_t>(other)];
      const std::int64_t count = count_of("beat");
      if (count != last.count) last = {count, Clock::now()};
      const bool late = Clock::now() - last.when > (count == 0 ? kJoining : kSilence);
      if (late && failed != other) own_store->add(of_rank("silent", other), 1);
      if (count_of("silent") > 0) silent = other;
    }
    if (silent >= 0) silent_rank = silent;
    if (failed >= 0) failed_rank = failed;
  }

  RankPlace place;
  c10::intrusive_ptr<c10d::Store> store,
      own_store;  // one for each thread: a store's calls wait for each other
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false, finished = false;
  std::atomic<int> failed_rank = -1, silent_rank = -1;
  std::thread heart;
};

RankGroup::RankGroup(const RankPlace& place) : state_(std::make_unique<State>(place)) {
  state_->heart = std::thread([this] { state_->beat(); });
}

RankGroup::~RankGroup() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  state_->heart.join();
  if (state_->finished) return;
  try {
    state_->own_store->add(of_rank("failed", state_->place.rank), 1);
    // Who keeps the store stays until the others have heard of it.
    if (state_->place.serves) std::this_thread::sleep_for(3 * kBeat);
  } catch (const std::exception&) {
  }
}

int RankGroup::rank() const { return state_->place.rank; }
int RankGroup::size() const { return state_->place.size; }

std::int64_t RankGroup::take(const std::string& queue) {
  return state_->ask([&] { return state_->store->add("queue/" + queue, 1) - 1; });
}

void RankGroup::reach(const std::string& stage) {
  state_->ask([&] {
    state_->store->add("any/" + stage, 1);
    return state_->store->add(of_rank(stage, rank()), 1);
  });
}

void RankGroup::wait_for(int other, const std::string& stage) {
  while (!state_->is_set(of_rank(stage, other))) std::this_thread::sleep_for(kPoll);
}

void RankGroup::wait_for_all(const std::string& stage) {
  for (int other = 0; other < size(); ++other) wait_for(other, stage);
}

bool RankGroup::reached_by_any(const std::string& stage) { return state_->is_set("any/" + stage); }

void RankGroup::check() { state_->check(); }

void RankGroup::finish() {
  state_->ask([&] { return state_->store->add(of_rank("left", rank()), 1); });
  reach("end");  // the last call: after it the store may go
  state_->finished = true;
  if (state_->place.serves) wait_for_all("end");
}

}  // namespace gdd
