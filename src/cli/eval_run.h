// What gdd-eval of one checkpoint, of a list and of a folder have in common: their flags, and what these
// become.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/console.h"
#include "cli/generate_flags.h"
#include "cli/score_run.h"
#include "compute/compute_scope.h"
#include "evaluation/evaluate.h"

namespace gdd {

struct EvalFlags {
  ScoreFlags score;
  GenerateFlags generate;
  EvaluateOptions evaluate;
};

// All flags about one evaluation, and its seeds by default: those that FID is published of.
void add_eval_flags(CLI::App& app, EvalFlags& flags);

// The files of an evaluation, checked before its work, beside others that are read (flag, path). Usage
// errors: as FileRoles; the outdir lies in a reference.
void check_eval_files(const EvalFlags& flags, const std::vector<std::pair<std::string, std::string>>& inputs);

class EvalRun {
 public:
  // Meets the other ranks where a launcher started several.
  explicit EvalRun(EvalFlags flags);

  // Of one checkpoint or several: threads and device are settled here, once.
  EvaluateOptions read_options();
  // The one of that name, or (empty) the one that the flags name; opened once, whatever asks for it.
  OpenDetector detector_for(const EvaluateOptions& options, const std::string& name);
  // The network of the flags, and what guides it into `options`; what is to be known of both is warned of.
  Network open_networks(EvaluateOptions& options);
  // Says what a run finds as it becomes known.
  EvaluateListener listener(std::int64_t runs);

  double seconds() const;  // since the program began
  // What the flags say of a report that took so long.
  std::vector<ProvenanceEntry> provenance(const EvaluateOptions& options, double seconds) const;
  // Its lines, of the network in that file, scored now.
  void append_lines(const Report& report, const EvaluateOptions& options, double seconds) const;
  // The same without those lines that are there, whenever they were scored.
  void append_missing_lines(const Report& report, const EvaluateOptions& options, double seconds) const;
  // The exit code of a run that was stopped, whose finished parts stay in `folder`.
  int end_stopped(const std::string& folder);

  const EvalFlags& flags() const { return flags_; }
  EvalFlags& flags() { return flags_; }
  WorkShare& share() { return *share_; }
  Console& console() { return console_; }

 private:
  ResultSource source_of(const EvaluateOptions& options, double seconds) const;

  EvalFlags flags_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<WorkShare> share_;
  Console console_;
  std::optional<ComputeScope> threads_;
  std::map<std::string, std::shared_ptr<const Detector>> detectors_;
};

}  // namespace gdd
