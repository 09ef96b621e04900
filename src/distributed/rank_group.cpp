#include "distributed/rank_group.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "base/printable.h"
#include "base/sha256.h"
#include "distributed/rank_store.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 1s;
constexpr std::chrono::seconds kSilence = 20s;  // then a rank counts as dead, and the store as gone
constexpr auto kPoll = 50ms;

// The last news of a rank: how often its heart beat, and when that was found to have changed.
struct Heard {
  std::int64_t count = 0;
  Clock::time_point when = Clock::now();
};

std::string seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " seconds"; }

std::string of_rank(const std::string& key, int rank) { return key + "/" + std::to_string(rank); }

// What is compared: the number of ranks, and of a long plan its beginning and a hash of the whole.
std::string compared(const std::string& plan, int size) {
  constexpr std::size_t kMostCharacters = 1 << 16;
  const std::string all = "ranks " + std::to_string(size) + "\n" + plan;
  if (all.size() <= kMostCharacters) return all;
  return all.substr(0, kMostCharacters) + "...\nall of it " + sha256(as_bytes(all));
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
  State(const RankPlace& where, const std::string& wanted)
      : State(where, wanted, open_rank_stores(where, kSilence)) {}
  State(const RankPlace& where, const std::string& wanted, RankStores stores)
      : place(where),
        plan(compared(wanted, where.size)),
        store(std::move(stores.work)),
        own_store(std::move(stores.heart)) {}

  // A call to the store, whose end is that of whoever keeps it.
  template <class Call>
  auto ask(Call call) {
    check();
    try {
      return call();
    } catch (const RankStore::SilentStore&) {
      fail_silent();
    } catch (const std::exception&) {
      throw Error("rank " + std::to_string(place.rank),
                  "the store at " + quoted_address(place) + " is gone, and with it rank 0 or torchrun",
                  "give the same command again: finished work stays");
    }
  }
  [[noreturn]] void fail_silent() const {
    throw Error("rank " + std::to_string(place.rank),
                "the store at " + quoted_address(place) + " did not answer for " + seconds(kSilence) +
                    ": rank 0 or torchrun stands still, or its machine is gone",
                "give the same command again: finished work stays");
  }

  bool is_set(const std::string& key) {
    return ask([&] { return store->add(key, 0) > 0; });
  }

  // Until `there` says so. Who has come to its end without it will never: it was given something else to do.
  template <class There>
  void wait_for(int other, There there) {
    while (!there()) {
      if (other != place.rank && is_set(of_rank("left", other)) && !there())
        throw Error("rank " + std::to_string(other), "came to its end, and left work to others",
                    "give all ranks the same files and the same environment");
      std::this_thread::sleep_for(kPoll);
    }
  }

  // A silent rank comes first: others may have ended because of it.
  void check() const {
    const int failed = failed_rank, silent = silent_rank;
    if (store_silent) fail_silent();
    if (failed < 0 && silent < 0) return;
    throw Error("rank " + std::to_string(silent >= 0 ? silent : failed),
                silent >= 0 ? "died, or its machine did: it was not heard of for " + seconds(kSilence)
                            : std::string("ended with an error"),
                "see what it printed last; the same command again finishes the work");
  }

  // Rank 0 sees who comes and with which plan, and tells all what it found: nothing, or why they end here.
  void meet() {
    const Clock::time_point end = Clock::now() + place.patience;
    if (place.rank != 0) {
      ask([&] { return store->set(of_rank("plan", place.rank), plan); });
      while (!ask([&] { return store->has("verdict"); })) {
        if (Clock::now() > end + 5s) fail(did_not_come(0));
        std::this_thread::sleep_for(kPoll);
      }
      const std::string verdict = ask([&] { return store->get("verdict"); });
      if (verdict.empty()) return;
      ask([&] { return store->add("heard", 1); });
      fail(verdict);
    }
    std::string verdict;
    for (int other = 1; other < place.size && verdict.empty(); ++other) {
      const std::string key = of_rank("plan", other);
      while (!ask([&] { return store->has(key); }) && Clock::now() < end) std::this_thread::sleep_for(kPoll);
      if (!ask([&] { return store->has(key); }))
        verdict = did_not_come(other);
      else if (const std::string theirs = ask([&] { return store->get(key); }); theirs != plan)
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
      if (store->has(of_rank("plan", other))) ++came;
    for (const auto end = Clock::now() + 3 * kBeat; store->add("heard", 0) < came && Clock::now() < end;)
      std::this_thread::sleep_for(kPoll);
  }
  std::string did_not_come(int rank_of) const {
    return "rank " + std::to_string(rank_of) + " of " + std::to_string(place.size) + " did not come within " +
           seconds(place.patience);
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
      } catch (const RankStore::SilentStore&) {
        store_silent = true;
        return;
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
  std::unique_ptr<RankStore> store, own_store;  // one for each thread: a store's calls wait for each other
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false, finished = false;
  int told = 0;  // calls of tell_all
  std::atomic<bool> store_silent = false;
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
  state_->wait_for(other, [&] { return state_->is_set(of_rank(stage, other)); });
}

void RankGroup::wait_for_all(const std::string& stage) {
  for (int other = 0; other < size(); ++other) wait_for(other, stage);
}

std::string RankGroup::tell_all(const std::string& text) {
  const std::string key = "told/" + std::to_string(state_->told++);
  if (rank() == 0) {
    state_->ask([&] { state_->store->set(key, text); });
    return text;
  }
  state_->wait_for(0, [&] { return state_->ask([&] { return state_->store->has(key); }); });
  return state_->ask([&] { return state_->store->get(key); });
}

bool RankGroup::reached_by_any(const std::string& stage) { return state_->is_set("any/" + stage); }

void RankGroup::check() { state_->check(); }

void RankGroup::finish() {
  state_->ask([&] { return state_->store->add(of_rank("left", rank()), 1); });
  reach("end");  // the last call: after it the store may go
  state_->finished = true;
  for (int other = 0; state_->place.serves && other < size(); ++other)
    while (!state_->is_set(of_rank("end", other))) std::this_thread::sleep_for(kPoll);
}

}  // namespace gdd
