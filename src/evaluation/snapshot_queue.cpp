#include "evaluation/snapshot_queue.h"

#include <algorithm>

namespace gdd {
namespace {

double last_change(const FileState& state) {
  return static_cast<double>(std::max(state.modified, state.changed)) * 1e-9;
}

}  // namespace

std::optional<Snapshot> SnapshotQueue::next(const std::vector<Snapshot>& files, double now) {
  const bool is_first_look = !begun_;
  begun_ = true;
  awaited_.reset();
  passed_over_.clear();
  std::map<std::string, Entry> entries;
  for (const Snapshot& file : files) {
    const auto known = entries_.find(file.name);
    const bool same = known != entries_.end() && known->second.state == file.state;
    const bool stood = is_first_look && now - last_change(file.state) >= settle_;
    entries[file.name] = same ? known->second : Entry{file.state, now, stood};
  }
  entries_ = std::move(entries);
  for (const Snapshot& file : files) {
    Entry& entry = entries_[file.name];
    if (entry.is_done) continue;
    entry.first_seen = std::min(entry.first_seen, now);  // a clock that is set back begins anew
    entry.tried = std::min(entry.tried, now);
    const bool settled = entry.stood || now - entry.first_seen >= settle_;
    const bool was_tried = entry.failures > 0 || !entry.unreadable.empty();
    const bool waited = now - entry.tried >= patience_;
    if (!entry.unreadable.empty() && waited) {
      entry.is_done = true;
      passed_over_.emplace_back(file, entry.unreadable);
    } else if (!settled || (was_tried && !waited)) {
      awaited_ = file;
      return std::nullopt;
    } else {
      return file;
    }
  }
  return std::nullopt;
}

void SnapshotQueue::unreadable(const Snapshot& snapshot, const std::string& why, double now) {
  Entry& entry = entries_[snapshot.name];
  entry.unreadable = why;
  entry.tried = now;
}

bool SnapshotQueue::failed(const Snapshot& snapshot, double now) {
  Entry& entry = entries_[snapshot.name];
  entry.tried = now;
  entry.is_done = ++entry.failures >= kTries;
  return !entry.is_done;
}

}  // namespace gdd
