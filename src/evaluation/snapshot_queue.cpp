#include "evaluation/snapshot_queue.h"

#include <algorithm>

namespace gdd {
namespace {

// Since it was seen as it is, or since it became so, whatever is longer: a clock of another machine may be
// late.
double still_for(const FileState& state, double first_seen, double now) {
  const double last_change = static_cast<double>(std::max(state.modified, state.changed)) * 1e-9;
  return now - std::min(first_seen, last_change);
}

}  // namespace

std::optional<Snapshot> SnapshotQueue::next(const std::vector<Snapshot>& files, double now) {
  awaited_.reset();
  passed_over_.clear();
  std::map<std::string, Entry> entries;
  for (const Snapshot& file : files) {
    const auto known = entries_.find(file.name);
    const bool same = known != entries_.end() && known->second.state == file.state;
    entries[file.name] = same ? known->second : Entry{file.state, now};
  }
  entries_ = std::move(entries);
  for (const Snapshot& file : files) {
    Entry& entry = entries_[file.name];
    if (entry.is_done) continue;
    const double still = still_for(entry.state, entry.first_seen, now);
    if (!entry.unreadable.empty() && still >= patience_) {
      entry.is_done = true;
      passed_over_.emplace_back(file, entry.unreadable);
    } else if (!entry.unreadable.empty() || still < settle_) {
      awaited_ = file;
      return std::nullopt;
    } else {
      return file;
    }
  }
  return std::nullopt;
}

}  // namespace gdd
