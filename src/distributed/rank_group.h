// Processes, on one machine or many, that share work through torch's TCPStore: queues that hand out numbers,
// stages that ranks reach, and a heartbeat, so that nobody waits for a rank that is dead.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "distributed/rank_place.h"

namespace gdd {

class RankGroup {
 public:
  // Returns when all ranks have come and have the same `plan` (lines; the first that differs is named).
  // Errors, in every rank and within place.patience: the store cannot be opened or reached, a rank did not
  // come, another plan.
  RankGroup(const RankPlace& place, const std::string& plan);
  // Without finish() the others are told that this rank failed.
  ~RankGroup();
  RankGroup(const RankGroup&) = delete;
  RankGroup& operator=(const RankGroup&) = delete;

  int rank() const;
  int size() const;

  // 0, 1, 2, ...: each number goes to one rank.
  std::int64_t take(const std::string& queue);
  // This rank is there. `wait_for` waits until another is, `wait_for_all` until all are.
  void reach(const std::string& stage);
  void wait_for(int rank, const std::string& stage);
  void wait_for_all(const std::string& stage);
  // What rank 0 says here, in all ranks: others wait for it. All make these calls in one order.
  std::string tell_all(const std::string& text);
  // Whether any rank reached the stage.
  bool reached_by_any(const std::string& stage);
  // All of these, and check() between two pieces of work, throw an Error that names a rank which failed, or
  // which was not heard of for 20 seconds, or say that the store did not answer for as long; those that wait,
  // also a rank that came to its end without what is waited for.
  void check();
  // Every rank calls it last.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
