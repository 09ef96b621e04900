// Who does which part of the work, in one process, under a launcher (ranks), or in a job array (--shard i/n).
// Parts are numbered in one order for all, and a part is the same whoever does it, so results do not depend
// on the sharing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/stopped.h"
#include "distributed/rank_place.h"

namespace gdd {

// Methods throw an Error that names a rank which failed or fell silent, and those that wait for others throw
// Stopped when one of them was asked to stop.
class WorkShare {
 public:
  virtual ~WorkShare() = default;

  // The next part that is this process's, of `count`; nothing: there is none left, or a rank was asked to
  // stop.
  virtual std::optional<std::int64_t> next(const std::string& queue, std::int64_t count) = 0;
  // Nobody else works on it now.
  virtual bool alone() const = 0;
  // Makes what all together give.
  virtual bool leads() const = 0;
  // Tells its user what happens: the leader for all ranks, each shard for itself.
  virtual bool speaks() const = 0;
  // "", "rank 1 of 4", "shard 1/4"
  virtual std::string name() const = 0;

  virtual std::int64_t processes() const { return 1; }  // that share the work
  // A name of a queue or a stage that was not used before; the same in all that ask as often.
  std::string fresh(const std::string& name) { return name + " #" + std::to_string(++names_); }

  virtual std::optional<int> local_rank() const { return std::nullopt; }  // on this machine, under a launcher

  // Runs `action` here, in the leader before any other.
  virtual void leader_first(const std::string& stage, const std::function<void()>& action) = 0;
  // After this process's last part: returns in the leader when all are there. Others return at once. Throws
  // Stopped also when all parts are there: what is made of them is left to the next run.
  virtual void gather(const std::string& stage) = 0;
  // The leader says that what it makes of the parts is there; others wait for that.
  virtual void publish(const std::string& stage) = 0;
  // What the leader says here, in every process that it leads: others wait for it. Before it a rank may look
  // whether it sees what the leader sees.
  virtual std::string tell_all(const std::string& text) = 0;
  // A wish to stop, which every process hears.
  virtual void ask_stop() = 0;
  virtual bool stop_asked() = 0;
  // The end; all ranks call it, also those that stop.
  virtual void finish() = 0;

 private:
  std::int64_t names_ = 0;
};

// {i, n} of "i/n" with 0 <= i < n. Usage error: another text.
std::pair<std::int64_t, std::int64_t> parse_shard(const std::string& text);

// `shard`: "i/n" with 0 <= i < n, or empty: then ranks when a launcher set them, else alone. `plan`: what all
// ranks must have in common, one line each (program, arguments). `wants_stop`, if any: whether this process
// was asked to stop, which all ranks then hear; any thread may ask it. Usage error: another text. Error: as
// RankGroup. Stopped: it, or another rank, was asked to before all had come.
std::unique_ptr<WorkShare> open_work_share(const std::string& shard, const std::string& plan,
                                           std::function<bool()> wants_stop = {});
std::unique_ptr<WorkShare> share_among_ranks(const RankPlace& place, const std::string& plan,
                                             std::function<bool()> wants_stop = {});
std::unique_ptr<WorkShare> work_alone();

}  // namespace gdd
