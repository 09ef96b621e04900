// How the ranks of a group know of each other: who lives, and the one piece of news that ends the work of
// all.
//
// Each rank beats, and looks after one other: the next of a ring that has not left. What it finds, or what
// befalls itself, it writes into one word that all read. A beat is three calls to the store whatever the
// number of ranks: 1 000 ranks that beat once a second make 3 000 calls a second, and those that wait for
// others, twice a second and with two calls, at most 4 000 more. A rank that leaves says whom it looked
// after, and is passed over once, by whoever looked after it: one further call for each rank in the whole
// run.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "distributed/rank_store.h"

namespace gdd {

// The first that is told stays: others may end because of it.
struct News {
  enum Kind : std::int32_t { kNone, kStop, kFailed, kSilent };
  Kind kind = kNone;
  std::int32_t rank = -1;  // whom it is about
};

// Every method may throw what RankStore does.
class Heartbeat {
 public:
  // A rank that was not heard of for `silence` counts as dead.
  Heartbeat(int rank, int size, std::chrono::seconds silence);

  // Once a second, from one thread: says that this rank lives, looks after another, and gives the news.
  News beat(RankStore& store);
  // From any thread, once: this rank came to its end. `stays`: it beats and looks after another until all
  // have left; else nobody is to miss it.
  void end(RankStore& store, bool stays);

  static bool has_ended(RankStore& store, int rank);
  // Gives the first that anyone told, so what is told now or what was told before.
  static News tell(RankStore& store, const News& news);
  static News hear(RankStore& store);

 private:
  using Clock = std::chrono::steady_clock;
  bool is_silent(RankStore& store);
  void look_after(int rank);

  int rank_;
  std::chrono::seconds silence_;
  std::atomic<bool> left_ = false;
  std::atomic<int> watched_;     // itself: all others have left
  std::int64_t last_count_ = 0;  // of its beats, and when that was found to have changed
  Clock::time_point last_change_;
};

}  // namespace gdd
