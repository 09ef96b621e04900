// What gdd-fid, gdd-is and gdd-pr have in common: flags about images and detectors, progress and warnings,
// and the way a report leaves the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/file_roles.h"
#include "cli/shared_flags.h"
#include "compute/compute_scope.h"
#include "detectors/detector.h"
#include "distributed/work_share.h"
#include "gdd/report.h"
#include "measurement/measure_side.h"
#include "report/result_lines.h"
#include "scoring/compute_distances.h"
#include "scoring/options.h"

namespace gdd {

struct ScoreFlags {
  SharedFlags shared;
  std::string detector;    // a file of weights, "demo", or empty: looked for
  std::string protocol;    // empty: what the detector's family has first
  std::int64_t num = 0;    // images of the sample; 0: all
  std::uint32_t seed = 0;  // of the subset that --num chooses
  std::int64_t batch = 64;
  std::string layers =
      "default";  // precision of the detector: default and fp32 are float32; bf16; on CUDA fp16
  std::string layers_flag = "--precision";  // which says `layers`
  double timeout_batch = 0;                 // seconds; 0: none
  std::int64_t skip_corrupt = 0;
  std::string cache;                // folder; empty: none
  std::string html;                 // file of the report as a page; empty: none
  std::int64_t report_rows = 5000;  // of either side, that the page's pictures and map are of
  ResultFiles lines;                // that the scores are appended to
};

// --html.
void add_html_flag(CLI::App& app, ScoreFlags& flags);

// --detector, --protocol, `batch` and what else is about measuring.
void add_detector_flags(CLI::App& app, ScoreFlags& flags, const std::string& batch = "--batch");
// Of --precision, where it is the detector's.
void describe_detector_precision(CLI::App& app);
// --skip-corrupt, --cache: of files.
void add_source_flags(CLI::App& app, ScoreFlags& flags);
// --report-rows: of a page of one sample.
void add_report_rows_flag(CLI::App& app, ScoreFlags& flags);
// --jsonl and --csv.
void add_line_flags(CLI::App& app, ResultFiles& files);
// --num and --seed.
void add_subset_flags(CLI::App& app, ScoreFlags& flags);

// Whether a detector is named or found.
bool has_detector(const ScoreFlags& flags);

// What --detector names, else $GDD_DETECTOR, else one of the usual file names in all_ckpt/, refs/ and the
// caches of EDM's and pytorch-fid's own scripts, on `device`. Error: none found (it says what to do).
std::unique_ptr<Detector> open_detector(const ScoreFlags& flags, const c10::Device& device, Console& console);

// Of the detector that --detector names, which may never be needed. Nothing: none is named, or what it is
// cannot be told.
std::optional<Family> named_family(const ScoreFlags& flags);

// The files of a run, checked before its work, with --json, --html, --jsonl, --csv, --detector and its
// description.
void check_score_files(const ScoreFlags& flags, FileRoles files);

// The end of a run that has printed its scores: logs the warnings of the report, puts those of the console
// before them, adds `own` to the provenance, and writes all of it to `json`, where that is not empty.
void finish_report(Report& report, const Console& console, const std::vector<ProvenanceEntry>& own,
                   const std::string& json);

// What a line of --jsonl and --csv tells of scores that are there now.
ResultSource result_of_now(const std::string& snapshot, double seconds, const c10::Device& device,
                           std::int64_t processes);

class ScoreRun {
 public:
  // Applies --threads, checks --device, and meets the other ranks where a launcher started several. Usage
  // error: they have no --cache to share features through.
  explicit ScoreRun(const ScoreFlags& flags);

  // The files of a run, checked before its work: --json, --detector and its description are added.
  void check_files(FileRoles files) const { check_score_files(flags_, std::move(files)); }

  // As above, on --device. From then on options have its family's protocol where none was asked for.
  std::unique_ptr<Detector> open_detector();
  const std::string& protocol() const { return flags_.protocol; }
  // The same for a comparison whose reference (may be null) is of several statistics: it then has those of
  // the detector's family. Both this and the reference live longer.
  OpenDetector opener(FeatureInput* reference);

  // What the flags say of a comparison but its metrics: the protocol, both sides (the sample with --num and
  // --seed), the device, and what a page shows.
  void complete(DistanceOptions& options);

  // Options for one side of a comparison; `what` is the work's name in its bar. All images are used: --num is
  // the caller's to add.
  SideOptions side_options(const std::string& what);
  SideOptions sample_options();  // the sample side, with --num and --seed

  Console& console() { return console_; }
  WorkShare& share() { return *share_; }

  // Whether this process prints: of several that share the work, one does.
  bool leads() const { return share_->leads(); }

  // The leader prints `text`, the scores, which are not lost if something fails behind them; ends the
  // sharing; in the leader the report is finished as above, with the versions, device and threads, and its
  // lines are appended.
  void finish(Report& report, const std::string& text = "");

 private:
  std::vector<ProvenanceEntry> provenance() const;
  double seconds() const;  // since it began

  ScoreFlags flags_;
  std::unique_ptr<WorkShare> share_;
  Console console_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Compute compute_;
  bool measures_ = false;  // a detector was opened
  std::optional<ComputeScope> threads_;
};

}  // namespace gdd
