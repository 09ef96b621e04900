#include "distributed/rank_group.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include "base/printable.h"
#include "base/sha256.h"
#include "base/stopped.h"
#include "distributed/heartbeat.h"
#include "distributed/poll.h"
#include "distributed/rank_store.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 1s;
// Then a rank counts as dead, and the store as gone: with a beat that was due, one that finds it and one in
// which all read it, within 20 seconds.
constexpr std::chrono::seconds kSilence = 17s;

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
  State(const RankPlace& where, const std::string& wanted, std::function<bool()> wants_stop,
        RankStores stores)
      : place(where),
        plan(compared(wanted, where.size)),
        wish(std::move(wants_stop)),
        store(std::move(stores.work)),
        own_store(std::move(stores.heart)),
        pulse(where.rank, where.size, kSilence) {}

  // A call to the store, whose end is that of whoever keeps it.
  template <class Call>
  auto ask(Call call) {
    check();
    try {
      return call();
    } catch (const RankStore::SilentStore&) {
      fail_silent();
    } catch (const std::exception&) {
      check();
      if (stopped()) throw Stopped();
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
  bool is_there(const std::string& key) {
    return ask([&] { return store->has(key); });
  }

  bool stopped() const { return news.load().kind == News::kStop; }

  void ask_stop() {
    if (!stopped()) learn(ask([&] { return Heartbeat::tell(*store, {News::kStop, place.rank}); }));
  }

  // The heart may have learned it meanwhile: news stays.
  void learn(const News& heard) {
    if (heard.kind != News::kNone) news = heard;
  }

  // Until `there` says so, or somebody wants to stop. Who has come to its end without it will never: it was
  // given something else to do, or was told to stop before this one heard of it.
  template <class There>
  void wait_for(int other, There there) {
    for (Poll poll; !there(); poll.pause()) {
      if (stopped()) throw Stopped();
      const bool ended =
          other != place.rank && ask([&] { return Heartbeat::has_ended(*store, other); }) && !there();
      if (!ended) continue;
      hear();
      if (stopped()) throw Stopped();
      throw Error("rank " + std::to_string(other), "came to its end, and left work to others",
                  "give all ranks the same files and the same environment");
    }
  }
  void hear() {
    learn(ask([&] { return Heartbeat::hear(*store); }));
    check();
  }

  void check() const {
    if (store_silent) fail_silent();
    const News heard = news;
    if (heard.kind != News::kFailed && heard.kind != News::kSilent) return;
    throw Error("rank " + std::to_string(heard.rank),
                heard.kind == News::kSilent
                    ? "died, or its machine did: it was not heard of for " + seconds(kSilence)
                    : std::string("ended with an error"),
                "see what it printed last; the same command again finishes the work");
  }

  // Rank 0 sees who comes and with which plan, and tells all what it found: nothing, or why they end here.
  // It makes a few calls for each of the others, and each of them a few, while it waits two a second.
  void meet() {
    const std::string verdict = place.rank == 0 ? give_verdict() : hear_verdict();
    if (verdict.empty()) return;
    if (place.rank == 0)
      await_hearing();
    else
      ask([&] { return store->add("heard", 1); });
    fail(verdict);
  }
  std::string hear_verdict() {
    const Clock::time_point end = Clock::now() + place.patience + 5s;
    ask([&] { return store->set(of_rank("plan", place.rank), plan), true; });
    for (Poll poll; !is_there("verdict"); pause(poll))
      if (Clock::now() > end) fail(did_not_come(0));
    return ask([&] { return store->get("verdict"); });
  }
  std::string give_verdict() {
    const Clock::time_point end = Clock::now() + place.patience;
    std::string verdict;
    for (int other = 1; other < place.size && verdict.empty(); ++other) verdict = verdict_on(other, end);
    ask([&] { return store->set("verdict", verdict), true; });
    return verdict;
  }
  std::string verdict_on(int other, Clock::time_point end) {
    const std::string key = of_rank("plan", other);
    for (Poll poll; !is_there(key); pause(poll))
      if (Clock::now() > end) return did_not_come(other);
    const std::string theirs = ask([&] { return store->get(key); });
    if (theirs == plan) return "";
    return "rank " + std::to_string(other) +
           " was started otherwise than rank 0: " + difference(theirs, plan);
  }
  // Before the heart beats: who wants to stop here tells those that came, and hears it of them.
  void pause(Poll& poll) {
    if (wish && wish()) ask_stop();
    hear();
    if (stopped()) {
      ask([&] { return need_no_store(*store), let_others_hear(*store, 3 * kBeat), true; });
      throw Stopped();
    }
    poll.pause();
  }
  // Who keeps the store stays until those that came have heard why.
  void await_hearing() {
    std::int64_t came = 0;
    for (int other = 1; other < place.size; ++other)
      if (store->has(of_rank("plan", other))) ++came;
    Poll poll;
    for (const auto end = Clock::now() + 3 * kBeat; store->add("heard", 0) < came && Clock::now() < end;)
      poll.pause();
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

  // The heart. Once it has brought news of an end there is nothing more to tell.
  void live() {
    std::unique_lock lock(mutex);
    while (!at_end) {
      lock.unlock();
      try {
        if (beat()) return;
      } catch (const RankStore::SilentStore&) {
        store_silent = true;
        return;
      } catch (const std::exception&) {
        return;  // the store is gone: whoever asks it next says so
      }
      lock.lock();
      wake.wait_for(lock, kBeat, [&] { return at_end; });
    }
  }
  // Whether there is news.
  bool beat() {
    if (wish && wish()) Heartbeat::tell(*own_store, {News::kStop, place.rank});
    const News heard = pulse.beat(*own_store);
    if (heard.kind == News::kNone) return false;
    learn(heard);
    need_no_store(*own_store);
    return true;
  }

  // Ranks count themselves out, each once, when they need the store no more: they have come to their end, or
  // know why they will. Who keeps it waits for that.
  void need_no_store(RankStore& by) {
    if (!place.serves && !counted_out.exchange(true)) by.add("out", 1);
  }
  bool is_needed(RankStore& by) const {
    const int dead = news.load().kind == News::kSilent ? 1 : 0;  // it will never count itself out
    return place.serves && by.add("out", 0) < place.size - 1 - dead;
  }
  void let_others_hear(RankStore& by, std::chrono::seconds limit) const {
    const auto end = Clock::now() + limit;
    for (Poll poll; is_needed(by) && Clock::now() < end;) poll.pause();
  }
  // The last calls of a rank that ends well, or was asked to stop.
  void go() {
    ask([&] { return pulse.end(*store, place.serves), need_no_store(*store), true; });
    for (Poll poll; !stopped() && ask([&] { return is_needed(*store); });) poll.pause();
    if (stopped()) ask([&] { return let_others_hear(*store, kSilence), true; });
  }

  const RankPlace place;
  const std::string plan;
  const std::function<bool()> wish;
  std::unique_ptr<RankStore> store, own_store;  // one for each thread: a store's calls wait for each other
  Heartbeat pulse;
  std::mutex mutex;
  std::condition_variable wake;
  bool at_end = false, finished = false;
  int told = 0;  // calls of tell_all
  std::atomic<bool> store_silent = false, counted_out = false;
  std::atomic<News> news;
  std::thread heart;
};

RankGroup::RankGroup(const RankPlace& place, const std::string& plan, std::function<bool()> wants_stop)
    : RankGroup(place, plan, std::move(wants_stop), open_rank_stores(place, kSilence)) {}

RankGroup::RankGroup(const RankPlace& place, const std::string& plan, std::function<bool()> wants_stop,
                     RankStores stores)
    : state_(std::make_unique<State>(place, plan, std::move(wants_stop), std::move(stores))) {
  state_->meet();
  state_->heart = std::thread([this] { state_->live(); });
}

RankGroup::~RankGroup() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->at_end = true;
  }
  state_->wake.notify_all();
  state_->heart.join();
  if (state_->finished) return;
  try {
    Heartbeat::tell(*state_->own_store, {News::kFailed, rank()});
    state_->need_no_store(*state_->own_store);
    state_->let_others_hear(*state_->own_store, 3 * kBeat);
  } catch (const std::exception&) {
  }
}

int RankGroup::rank() const { return state_->place.rank; }
int RankGroup::size() const { return state_->place.size; }

std::int64_t RankGroup::take(const std::string& queue) {
  return state_->ask([&] { return state_->store->add("queue/" + queue, 1) - 1; });
}

void RankGroup::reach(const std::string& stage) {
  state_->ask([&] { return state_->store->add(of_rank(stage, rank()), 1); });
}

void RankGroup::wait_for(int other, const std::string& stage) {
  state_->wait_for(other, [&] { return state_->is_set(of_rank(stage, other)); });
}

void RankGroup::wait_for_all(const std::string& stage) {
  for (int other = 0; other < size(); ++other) wait_for(other, stage);
  state_->hear();
  if (state_->stopped()) throw Stopped();
}

std::string RankGroup::tell_all(const std::string& text) {
  const std::string key = "told/" + std::to_string(state_->told++);
  if (rank() == 0) {
    state_->ask([&] { return state_->store->set(key, text), true; });
    return text;
  }
  state_->wait_for(0, [&] { return state_->is_there(key); });
  return state_->ask([&] { return state_->store->get(key); });
}

void RankGroup::ask_stop() { state_->ask_stop(); }

bool RankGroup::stop_asked() {
  if (state_->wish && state_->wish()) state_->ask_stop();
  state_->check();
  return state_->stopped();
}

void RankGroup::check() { state_->check(); }

void RankGroup::finish() {
  try {
    state_->go();
  } catch (const Stopped&) {  // and the store went with the others
  }
  state_->finished = true;
}

}  // namespace gdd
