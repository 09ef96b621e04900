// Which of a folder's snapshots is to be scored next. A training writes them while they are looked at: one
// that was just written, or cannot be read to its end, is waited for, and those behind it with it, so that
// they are scored in order. The times on files are those of a file server, whose clock may be early or late:
// they are believed of what was there at the first look and is old by them, which is tried at once. All else
// is measured by the caller's clock, from when a file was first seen as it is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/snapshots.h"

namespace gdd {

class SnapshotQueue {
 public:
  // Seconds that a file must have stood still before it is tried; and from the try of one that could not be
  // read, in which it stays as it is, until it is passed over.
  SnapshotQueue(double settle, double patience) : settle_(settle), patience_(patience) {}

  // The first of `files`, which are in order, that is to be scored at `now`, in seconds since 1970. Nothing:
  // there is none, or one is waited for.
  std::optional<Snapshot> next(const std::vector<Snapshot>& files, double now);

  // It is scored, or cannot be: no more of it while the file stays as it is. One that is written again is
  // another.
  void done(const Snapshot& snapshot) { entries_[snapshot.name].is_done = true; }
  // It could not be read, which may be because it is still being written.
  void unreadable(const Snapshot& snapshot, const std::string& why, double now);
  // It could not be scored. True: it is waited for as long, and then comes again; false: that was the last of
  // kTries, and it is done.
  bool failed(const Snapshot& snapshot, double now);
  static constexpr int kTries = 3;

  // What the last next() waits for, if anything.
  const std::optional<Snapshot>& awaited() const { return awaited_; }
  // Whom that has passed over, and why: each once.
  const std::vector<std::pair<Snapshot, std::string>>& passed_over() const { return passed_over_; }

 private:
  struct Entry {
    FileState state = {};
    double first_seen = 0;  // as it is
    bool stood = false;     // so long already, at the first look
    bool is_done = false;
    double tried = 0;  // when it last was
    int failures = 0;
    std::string unreadable = {};  // why; empty: it was not tried
  };

  double settle_, patience_;
  bool begun_ = false;
  std::map<std::string, Entry> entries_;  // by name
  std::optional<Snapshot> awaited_;
  std::vector<std::pair<Snapshot, std::string>> passed_over_;
};

}  // namespace gdd
