// A network -> all its scores, in one pass: seeds -> images -> features -> scores, with no image on the disk
// unless it is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/observer.h"
#include "distributed/work_share.h"
#include "gdd/report.h"
#include "generation/options.h"
#include "generation/outputs.h"
#include "networks/network.h"
#include "scoring/compute_distances.h"

namespace gdd {

struct EvaluateOptions {
  GenerateOptions generate;
  std::string network;       // its file, for messages
  OutputFiles files;         // outdir, which keeps what is finished; grid; image_pack.npz with keep_images
  bool keep_images = false;  // as gdd-sample writes them
  std::string ref;           // as gdd-fid calc --ref; empty: no score needs one
  std::string
      ref_images;     // for scores of rows (kid, pr, prdc, clipped, mind), where `ref` has statistics alone
  std::string train;  // the training set, for authpct; empty: none
  DistanceOptions distances;
  std::int64_t runs = 1;  // of other seeds: run r has each seed moved up by r times the length of their range
  bool prune = false;     // removes the kept features when the scores are there
};

// What a run found, for whoever wants to say it at once; called in every process, on its main thread, but
// `running`, which the leader alone hears. Runs are counted from 0.
struct EvaluateListener {
  std::function<void(std::int64_t run, const RunningScore& score)> running;
  // The scores, before any file is written of the run.
  std::function<void(std::int64_t run, const Report& report)> scored;
  // How many of the run's images were made by the network, in this process.
  std::function<void(std::int64_t run, std::int64_t made, std::int64_t images)> finished;
};

// The seeds of run `run`, counted from 0. Usage error: they pass 2^63.
std::vector<std::int64_t> seeds_of_run(const std::vector<std::int64_t>& seeds, std::int64_t run);

// OUTDIR for the first run, which may be there from an evaluation of one run; OUTDIR/run-2, ... for the
// others.
std::string folder_of_run(const std::string& outdir, std::int64_t run);

// Features are kept in the outdir as parts, so that a run that was killed goes on and ends with the same
// digits, and another metric or reference samples nothing again. Scores are those of gdd-sample and then
// gdd-fid, gdd-is or gdd-pr on its image_pack.npz, to the last digit on a CPU. Of several processes each
// makes its part; the leader's report has the scores, that of a shard has none. The scores of a run carry its
// number where there are several, and a summary stands behind them. Everything cheap is checked before the
// first image is made. Errors: of check_generate, ImageParts and compute_distances. Throws Stopped; what is
// finished stays.
Report evaluate(const Network& network, const OpenDetector& open_detector, const EvaluateOptions& options,
                WorkShare& share, Observer& observer, const EvaluateListener& listener = {});

}  // namespace gdd
