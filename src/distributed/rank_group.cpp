#include "distributed/rank_group.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "base/printable.h"
#include "base/sha256.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 1s;
constexpr auto kSilence = 20s;  // then a rank counts as dead
constexpr auto kPoll = 50ms;
constexpr std::size_t kMaxPlan = 1 << 16;  // characters that are compared

// The last news of a rank: how often its heart beat, and when that was found to have changed.
struct Heard {
  std::int64_t count = 0;
  Clock::time_point when = Clock::now();
};

std::string of_rank(const std::string& key, int rank) { return key + "/" + std::to_string(rank); }

using StorePtr = c10::intrusive_ptr<c10d::Store>;

struct Stores {
  StorePtr work, heart;  // one for each thread: a store's calls wait for each other
};

std::string address_of(const RankPlace& place) { return place.address + ":" + std::to_string(place.port); }

StorePtr connect(const RankPlace& place, bool serve) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = place.patience;
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

// A store outlives the programs that a launcher's script runs one after the other: each has a part of its
// own, by how often this rank has come to it.
Stores connect_both(const RankPlace& place) {
  Stores stores{connect(place, place.serves), connect(place, false)};
  const std::string name = "gdd/" + place.job;
  const std::int64_t start = stores.work->add(of_rank(name + "/starts", place.rank), 1);
  for (StorePtr* store : {&stores.work, &stores.heart})
    *store = c10::make_intrusive<c10d::PrefixStore>(name + "/" + std::to_string(start), *store);
  return stores;
}

// On a thread of its own: whoever listens at the port and says nothing would hold this one for ever.
Stores open_stores(const RankPlace& place) {
  FLAGS_caffe2_log_level = 3;  // torch tells each attempt, with its own stack; what matters is thrown
  auto promise = std::make_shared<std::promise<Stores>>();
  std::future<Stores> stores = promise->get_future();
  std::thread([promise, place] {
    try {
      promise->set_value(connect_both(place));
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }).detach();
  const auto fail = [&](const std::string& why) {
    throw Error("rank " + std::to_string(place.rank),
                "no store at " + gdd::quoted(address_of(place)) + ": " + why,
                "check that rank 0 runs, and MASTER_ADDR and MASTER_PORT; or run alone, with env -u " +
                    place.variable);
  };
  if (stores.wait_for(place.patience + 1s) != std::future_status::ready)
    fail("nobody answered within " + std::to_string(place.patience.count()) + " seconds");
  try {
    return stores.get();
  } catch (const std::exception& error) {
    const std::string text = error.what();
    fail(text.substr(0, text.find('\n')));
    throw;
  }
}

// The first lines in which two plans differ: "'--seeds 0-9' and '--seeds 0-7'".
std::string difference(const std::string& one, const std::string& other) {
  std::istringstream ones(one), others(other);
  std::string one_line, other_line;
  while (ones && others && one_line == other_line) {
    if (!std::getline(ones, one_line)) one_line.clear();
    if (!std::getline(others, other_line)) other_line.clear();
  }
  return gdd::quoted(one_line) + " and " + gdd::quoted(other_line);
}

}  // namespace

struct RankGroup::State {
  State(const RankPlace& where, const std::string& wanted) : State(where, wanted, open_stores(where)) {}
  State(const RankPlace& where, const std::string& wanted, Stores stores)
      : place(where),
        plan(wanted.substr(0, kMaxPlan) + "all of it: " + sha256(as_bytes(wanted)) + "\n"),
        store(stores.work),
        own_store(stores.heart) {}

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

  // Rank 0 sees who comes and with which plan, and tells all what it found: nothing, or why they end here.
  void meet() {
    const Clock::time_point end = Clock::now() + place.patience;
    if (place.rank != 0) {
      ask([&] { return store->set(of_rank("plan", place.rank), plan); });
      while (!ask([&] { return store->check({"verdict"}); })) {
        if (Clock::now() > end + 5s) fail(did_not_come(0));
        std::this_thread::sleep_for(kPoll);
      }
      const std::string verdict = ask([&] { return store->get_to_str("verdict"); });
      if (verdict.empty()) return;
      ask([&] { return store->add("heard", 1); });
      fail(verdict);
    }
    std::string verdict;
    for (int other = 1; other < place.size && verdict.empty(); ++other) {
      const std::string key = of_rank("plan", other);
      while (!ask([&] { return store->check({key}); }) && Clock::now() < end)
        std::this_thread::sleep_for(kPoll);
      if (!ask([&] { return store->check({key}); }))
        verdict = did_not_come(other);
      else if (const std::string theirs = ask([&] { return store->get_to_str(key); }); theirs != plan)
        verdict = "rank " + std::to_string(other) +
                  " was started otherwise than rank 0: " + difference(theirs, plan);
    }
    ask([&] { return store->set("verdict", verdict); });
    if (verdict.empty()) return;
    await_hearing();
    fail(verdict);
  }
  // Who keeps the store stays until those that came have heard why.
  void await_hearing() {
    std::int64_t came = 0;
    for (int other = 1; other < place.size; ++other)
      if (store->check({of_rank("plan", other)})) ++came;
    for (const auto end = Clock::now() + 3 * kBeat; store->add("heard", 0) < came && Clock::now() < end;)
      std::this_thread::sleep_for(kPoll);
  }
  std::string did_not_come(int rank_of) const {
    return "rank " + std::to_string(rank_of) + " of " + std::to_string(place.size) + " did not come within " +
           std::to_string(place.patience.count()) + " seconds";
  }
  [[noreturn]] void fail(const std::string& verdict) const {
    throw Error(
        place.variable, verdict,
        "start all ranks with one command, GDD_RANK_PATIENCE=SECONDS waits longer; to run alone, env -u " +
            place.variable + " PROGRAM ...");
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
      const bool late = Clock::now() - last.when > kSilence;
      if (late && failed != other) own_store->add(of_rank("silent", other), 1);
      if (count_of("silent") > 0) silent = other;
    }
    if (silent >= 0) silent_rank = silent;
    if (failed >= 0) failed_rank = failed;
  }

  RankPlace place;
  std::string plan;
  StorePtr store, own_store;
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false, finished = false;
  std::atomic<int> failed_rank = -1, silent_rank = -1;
  std::thread heart;
};

RankGroup::RankGroup(const RankPlace& place, const std::string& plan)
    : state_(std::make_unique<State>(place, plan)) {
  state_->meet();
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

void RankGroup::agree(const std::string& what, const std::string& value) {
  const std::string key = "agreed/" + what;
  if (rank() == 0) {
    state_->ask([&] { return state_->store->set(key, value); });
    reach(key);
    return;
  }
  wait_for(0, key);
  const std::string theirs = state_->ask([&] { return state_->store->get_to_str(key); });
  if (theirs != value)
    throw Error("rank " + std::to_string(rank()), "has other " + what + " than rank 0",
                "give all ranks the same files");
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
