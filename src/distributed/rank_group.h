// Processes, on one machine or many, that share work through torch's TCPStore: queues that hand out numbers,
// stages that ranks reach, and a heartbeat (distributed/heartbeat.h), so that nobody waits for a rank that is
// dead, or was stopped. What the ranks ask of the store grows as their number: the beginning and the end take
// a few calls of each rank and a few for each of rank 0, and so does wait_for_all of whoever makes that call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "distributed/rank_place.h"

namespace gdd {

struct RankStores;

class RankGroup {
 public:
  // Returns when all ranks have come and have the same `plan` (lines; the first that differs is named).
  // Errors, in every rank and within place.patience: the store cannot be opened or reached, a rank did not
  // come, another plan. `wants_stop`, if any: whether this process was asked to stop; it is asked from two
  // threads, each second and in stop_asked(), and then all hear of it.
  RankGroup(const RankPlace& place, const std::string& plan, std::function<bool()> wants_stop = {});
  RankGroup(const RankPlace& place, const std::string& plan, std::function<bool()> wants_stop,
            RankStores stores);
  // Without finish() the others are told that this rank failed.
  ~RankGroup();
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;

  int rank() const;
  int size() const;

  // 0, 1, 2, ...: each number goes to one rank.
  std::int64_t take(const std::string& queue);
  // This rank is there. `wait_for` waits until another is, `wait_for_all` until all are:
  // where one of them was asked to stop before, that throws Stopped all the same.
  void reach(const std::string& stage);
  void wait_for(int rank, const std::string& stage);
  void wait_for_all(const std::string& stage);
  // What rank 0 says here, in all ranks: others wait for it. All make these calls in one order.
  std::string tell_all(const std::string& text);
  // A wish to stop, and whether any rank has one: others hear of it within two seconds. Who waits then throws
  // Stopped, unless what it waits for is there.
  void ask_stop();
  bool stop_asked();
  // All of these, and check() between two pieces of work, throw an Error that names a rank which failed, or
  // which was not heard of for 17 seconds, or say that the store did not answer for as long; those that wait,
  // also a rank that came to its end without what is waited for; and Stopped when the store went after a wish
  // to stop.
  void check();
  // Every rank calls it last, also one that stops before its work is done. Who keeps the store waits for the
  // others, or, after a wish to stop, only until they have heard of it.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
