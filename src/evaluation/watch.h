// A folder that a training fills -> the scores of every snapshot in it, in the order of their numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "evaluation/evaluate.h"
#include "evaluation/watch_results.h"

namespace gdd {

struct WatchOptions {
  std::string folder;                      // that is watched
  std::string pattern;                     // of the snapshots' names, as of list_snapshots
  double interval = 10;                    // seconds between two looks
  double settle = 5;                       // that a file must have stood still before it is read
  double patience = 60;                    // the same, of one that cannot be read, before it is passed over
  bool once = false;                       // what is there, and then the end
  std::optional<std::int64_t> until = {};  // the end when a snapshot of this number, or the next, is scored
  std::optional<double> idle_exit = {};    // or when so many seconds brought nothing new
};

// Scores one snapshot into its folder; the report with all that is known of it.
using ScoreSnapshot = std::function<Report(const std::string& folder)>;

struct WatchServices {
  // A network of the snapshot, whose file was read into memory. Error: it is none, or not whole yet. Usage
  // errors end the watch.
  std::function<ScoreSnapshot(const Snapshot& snapshot, const SharedFile& file)> open;
  // A result is there; called before the next snapshot is looked for.
  std::function<void(const ScoredSnapshot& scored)> scored;
  std::function<void(const std::string& message)> tell;
  std::function<void(const std::string& message)> warn;
  std::function<double()> now;                // seconds since 1970
  std::function<bool(double seconds)> pause;  // false: asked to stop
  bool alone = true;  // else others work on the same snapshot, and what fails ends them all
  int num_gpus = 0;
};

struct WatchEnd {
  std::int64_t scored = 0;  // now, not before
  std::int64_t failed = 0;  // could not be read or scored
  bool stopped = false;     // it was asked to
};

// What decides the scores of a watch: every setting of its images but the network, and of their scores. Not
// the machine and the versions: a watch goes on elsewhere. References are known by what is in them, whatever
// their names: they are read once. Of the folder count its name and that of the one which it is in, so that
// it may stand under another mount. Errors: of FeatureInput and of reading. Throws Stopped.
RunSettings watch_settings(const EvaluateOptions& options, const std::string& folder,
                           const Detector& detector, Observer& observer);

// Goes on until the options or the user say otherwise. A snapshot whose result is there is not scored again,
// and one that was scored has its result before anything is told of it. Throws Stopped of a snapshot's
// scoring. Errors: the folder cannot be read; a result cannot be written.
WatchEnd watch(const WatchOptions& options, const WatchServices& services, WatchResults& results);

}  // namespace gdd
