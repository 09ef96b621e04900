// The results of a watch, in its folder: a folder for each snapshot, NAME-KEY (the begin of a long NAME),
// with its report as JSON and as a page. A result is there when its report is whole
// (distributed/part_store.h); nothing else says so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file_lock.h"
#include "base/observer.h"
#include "distributed/part_store.h"
#include "evaluation/snapshots.h"
#include "gdd/report.h"
#include "images/run_settings.h"

namespace gdd {

// A snapshot whose scores are there.
struct ScoredSnapshot {
  Snapshot snapshot;     // as its file was; its path is where it stood
  std::string key;       // of its name, size and bytes
  std::string folder;    // of its result, in that of the watch
  double timestamp = 0;  // when it was scored, in seconds since 1970
  double seconds = 0;    // that this took
  int num_gpus = 0;
  Report report = {};        // without pictures
  std::int64_t counter = 0;  // of the results of one watch, from 1 on: the last of a name is the current one
};

// Which snapshot it is, whatever the time on its file says: 64 hexadecimal digits of its name, size and
// bytes.
std::string key_of(const Snapshot& snapshot, Bytes bytes);

class WatchResults {
 public:
  // Begins in `outdir` or goes on there. Usage error: it holds a watch with other settings. Errors: another
  // process watches into it (as far as the file system has locks); it cannot be written. A damaged result is
  // warned of, and counts as none.
  WatchResults(std::string outdir, const std::string& watched, const RunSettings& settings,
               Observer& observer);

  // In the order of their snapshots; of one that was written again the last result alone.
  const std::vector<ScoredSnapshot>& all() const { return results_; }
  // Whether the file, by its name and times, is one whose result is there; and whether that of this key is.
  bool has_file(const Snapshot& snapshot) const;
  bool has(const std::string& key) const;

  // Where the result of that snapshot goes.
  std::string folder_for(const std::string& name, const std::string& key) const;
  // Keeps it: from now on it is there, in the place of any other of its name.
  const ScoredSnapshot& keep(ScoredSnapshot scored);

 private:
  void load(const std::string& watched, Observer& observer);
  const ScoredSnapshot& add(ScoredSnapshot scored);

  std::string outdir_;
  std::unique_ptr<PartStore> store_;
  std::unique_ptr<FileLock> lock_;
  std::vector<ScoredSnapshot> results_;
  std::int64_t counter_ = 0;  // of the last result that was kept
};

}  // namespace gdd
