// Every checkpoint of a suite that is there -> its scores, in one table, beside what is published of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "evaluation/suite.h"

namespace gdd {

struct SuiteOptions {
  EvaluateOptions
      evaluate;      // what all evaluations have in common; seeds, references and folders are the suite's
  std::string path;  // of the suite: checkpoints and references lie beside it, references in refs/ too
  std::string evaluation;  // the one to make, of those that a checkpoint has; empty: all
  std::int64_t num = 0;    // images a run, in place of the suite's seeds; 0: those
  bool ema = true;
  bool threads_given = false;  // else a row that goes on takes the threads that it was begun with
};

// One evaluation that was made.
struct SuiteRow {
  std::string name, checkpoint, evaluation, seeds, outdir, grid;
  std::string error;  // why it was not; then the rest is empty
  double seconds = 0;
  std::vector<PublishedScore> published;  // of this evaluation
  Report report;
};

// How one checkpoint is opened and sampled.
struct SuiteSampling {
  GenerateOptions generate;
  Assumptions assumed;
  std::vector<std::string> warnings;  // of its guide
};

struct SuiteServices {
  // The detector of that name (empty: Inception's). Error: there is none.
  std::function<OpenDetector(const std::string& name)> detector;
  bool has_detector = false;  // of Inception, or given
  // By a checkpoint's flags (SuiteCheckpoint) and the paths of its guide and of its VAE. Error: they are none
  // of the program's.
  std::function<SuiteSampling(const std::string& flags, const std::string& gnet, const std::string& vae)>
      sampling;
  std::function<void(const std::string& message)>
      tell;  // what is done, and what is missing and where it is had
  EvaluateListener listener;
  // Called in the leader when an evaluation has its scores, before the next begins; may be empty. What it
  // throws ends the suite.
  std::function<void(const SuiteRow& row)> scored;
};

// Evaluates what is there; where no checkpoint is, the demo. What fails is told and does not end the rest,
// unless ranks share the work. Grids go to OUTDIR-grid.png. In the leader; other ranks have no scores. Throws
// Stopped, with `rows` of what was finished. Error: nothing could be scored.
void run_suite(const Suite& suite, const SuiteOptions& options, const SuiteServices& services,
               WorkShare& share, Observer& observer, std::vector<SuiteRow>& rows);

// A line a score: measured, and what is published of it and where.
std::string suite_table(const std::vector<SuiteRow>& rows);
// An object an evaluation, the report in it.
std::string suite_json(const std::vector<SuiteRow>& rows);

}  // namespace gdd
