#include "evaluation/run_suite.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/joined.h"
#include "base/printable.h"
#include "base/seeds.h"
#include "detectors/torch_message.h"
#include "gdd/error.h"
#include "generation/image_parts.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGrid = "8x8";
constexpr const char* kDetector = "detector";  // among the sources

struct OpenedNetwork {
  Network network;
  std::vector<std::string> warnings;
};

class SuiteRun {
 public:
  SuiteRun(const Suite& suite, const SuiteOptions& options, const SuiteServices& services, WorkShare& share,
           Observer& observer, std::vector<SuiteRow>& rows)
      : suite_(suite),
        options_(options),
        services_(services),
        share_(share),
        observer_(observer),
        rows_(rows) {}

  void run() {
    std::vector<const SuiteCheckpoint*> present;
    for (const SuiteCheckpoint& checkpoint : suite_.checkpoints)
      (fs::exists(beside(checkpoint.file)) ? present : absent_).push_back(&checkpoint);
    check_evaluation();
    tell_what_is_missing();
    if (present.empty() && suite_.demo) {
      services_.tell("no published checkpoint in " + folder() + ": evaluating the embedded demo");
      present.push_back(&*suite_.demo);
    }
    for (const SuiteCheckpoint* checkpoint : present) evaluate_checkpoint(*checkpoint);
    if (std::ranges::all_of(rows_, [](const SuiteRow& row) { return !row.error.empty(); }))
      throw Error(options_.path, rows_.empty() ? "nothing was scored: there is nothing of it here"
                                               : "nothing was scored: " + rows_.front().error);
  }

 private:
  std::string folder() const {
    const std::string parent = fs::path(options_.path).parent_path().string();
    return parent.empty() ? "." : parent;
  }
  std::string beside(const std::string& file) const { return (fs::path(folder()) / file).string(); }
  // refs/ or beside the suite; empty: not there.
  std::string find_reference(const std::string& file) const {
    for (const std::string& path : {"refs/" + file, beside(file)})
      if (fs::exists(path)) return path;
    return "";
  }

  void check_evaluation() const {
    std::vector<std::string> known;
    for (const SuiteCheckpoint& checkpoint : suite_.checkpoints) add_names(checkpoint, known);
    if (suite_.demo) add_names(*suite_.demo, known);
    if (!options_.evaluation.empty() && std::ranges::count(known, options_.evaluation) == 0)
      throw Error::usage("--evaluation", gdd::quoted(options_.evaluation) + " is not in " + options_.path,
                         "known: " + joined(known, " "));
  }
  static void add_names(const SuiteCheckpoint& checkpoint, std::vector<std::string>& names) {
    for (const SuiteEvaluation& each : checkpoint.evaluations)
      if (std::ranges::count(names, each.name) == 0) names.push_back(each.name);
  }

  // One line for each source that has some of `files`; and one for those that no source has.
  void tell_sources(const std::string& what, std::vector<std::string> files) const {
    for (const SuiteSource& source : suite_.sources) {
      std::vector<std::string> its;
      for (const std::string& file : files)
        if (std::ranges::count(source.files, file) > 0) its.push_back(file);
      if (its.empty()) continue;
      services_.tell(what + joined(its, " ") + "; from: " + source.from + "; licence: " + source.licence);
      std::erase_if(files, [&](const std::string& file) { return std::ranges::count(its, file) > 0; });
    }
    if (!files.empty()) services_.tell(what + joined(files, " "));
  }

  void tell_what_is_missing() const {
    std::vector<std::string> files, references;
    for (const SuiteCheckpoint* checkpoint : absent_)  // one file may be sampled in several ways
      if (std::ranges::count(files, checkpoint->file) == 0) files.push_back(checkpoint->file);
    for (const SuiteCheckpoint& checkpoint : suite_.checkpoints)
      for (const SuiteEvaluation& each : checkpoint.evaluations)
        if (is_wanted(each) && !each.reference.empty() && find_reference(each.reference).empty() &&
            std::ranges::count(references, each.reference) == 0)
          references.push_back(each.reference);
    tell_sources("not in " + folder() + "/: ", files);
    tell_sources("not in refs/: ", references);
    if (!services_.has_detector) tell_sources("no Inception weights: ", {kDetector});
  }

  bool is_wanted(const SuiteEvaluation& evaluation) const {
    return options_.evaluation.empty() || evaluation.name == options_.evaluation;
  }

  void evaluate_checkpoint(const SuiteCheckpoint& checkpoint) {
    std::optional<OpenedNetwork> network;
    for (const SuiteEvaluation& evaluation : checkpoint.evaluations)
      if (is_wanted(evaluation) && can_be_scored(checkpoint, evaluation))
        evaluate_one(checkpoint, evaluation, network);
  }

  bool can_be_scored(const SuiteCheckpoint& checkpoint, const SuiteEvaluation& evaluation) const {
    for (const auto& [what, file] : {std::pair("guide", checkpoint.gnet), std::pair("VAE", checkpoint.vae)})
      if (!file.empty() && !fs::exists(beside(file))) {
        tell_sources(checkpoint.name + " is skipped: its " + what + " is not in " + folder() + "/: ", {file});
        return false;
      }
    for (const std::string& file : {evaluation.reference, evaluation.reference_images})
      if (!file.empty() && find_reference(file).empty()) {
        tell_sources(checkpoint.file + " is skipped: not in refs/: ", {file});
        return false;
      }
    if (!checkpoint.detector.empty() || services_.has_detector) return true;
    tell_sources(checkpoint.file + " is skipped: no Inception weights: ", {kDetector});
    return false;
  }

  SuiteSampling sampling_of(const SuiteCheckpoint& checkpoint) const {
    const auto path_of = [&](const std::string& file) { return file.empty() ? "" : beside(file); };
    return services_.sampling(checkpoint.flags, path_of(checkpoint.gnet), path_of(checkpoint.vae));
  }

  // One of other seeds is in a folder of its own.
  EvaluateOptions options_for(const SuiteCheckpoint& checkpoint, const SuiteEvaluation& evaluation,
                              const GenerateOptions& generate, SuiteRow& row) const {
    EvaluateOptions options = options_.evaluate;
    options.generate = generate;
    row.seeds = options_.num > 0 ? "0-" + std::to_string(options_.num - 1) : checkpoint.seeds;
    options.generate.seeds = parse_seed_list(row.seeds);
    const bool usual = options.generate.seeds == parse_seed_list(checkpoint.seeds);
    row.outdir = (fs::path("results") /
                  (checkpoint.name + (usual ? "" : "-" + std::to_string(options.generate.seeds.size()))))
                     .string();
    row.grid = row.outdir + "-grid.png";
    options.generate.subdirs = options.keep_images;
    if (const int threads = begun_threads(row.outdir); threads > 0 && !options_.threads_given)
      options.generate.compute.threads = threads;
    options.network = row.checkpoint;
    options.files.outdir = row.outdir;
    options.files.grid = {kGrid, row.grid};
    options.ref = evaluation.reference.empty() ? "" : find_reference(evaluation.reference);
    options.ref_images =
        evaluation.reference_images.empty() ? "" : find_reference(evaluation.reference_images);
    options.distances.metrics = evaluation.metrics;
    options.distances.protocol = evaluation.protocol;
    return options;
  }

  OpenedNetwork open_network(const std::string& path, const SuiteSampling& sampling,
                             const Compute& compute) const {
    std::vector<std::string> warnings;
    Network network = Network::open(path, options_.ema, &warnings, sampling.assumed);
    network.to(compute);
    return {std::move(network), std::move(warnings)};
  }

  void evaluate_one(const SuiteCheckpoint& checkpoint, const SuiteEvaluation& evaluation,
                    std::optional<OpenedNetwork>& opened) {
    SuiteRow row{checkpoint.name, beside(checkpoint.file), evaluation.name, "", "", "", "", 0, {}, {}};
    for (const PublishedScore& published : checkpoint.published)
      if (published.evaluation == evaluation.name) row.published.push_back(published);
    const auto start = std::chrono::steady_clock::now();
    try {
      const SuiteSampling sampling = sampling_of(checkpoint);
      const EvaluateOptions options = options_for(checkpoint, evaluation, sampling.generate, row);
      services_.tell(row.checkpoint + ": seeds " + row.seeds + ", " + joined(evaluation.metrics, " ") +
                     " into " + row.outdir + (checkpoint.flags.empty() ? "" : ", " + checkpoint.flags));
      if (!opened) opened = open_network(row.checkpoint, sampling, options.generate.compute);
      std::vector<std::string> warnings = opened->warnings;
      warnings.insert(warnings.end(), sampling.warnings.begin(), sampling.warnings.end());
      for (const std::string& warning : warnings) observer_.warn(warning);
      row.report = evaluate(opened->network, services_.detector(checkpoint.detector), options, share_,
                            observer_, services_.listener);
      row.report.warnings.insert(row.report.warnings.begin(), warnings.begin(), warnings.end());
    } catch (const Stopped&) {
      throw;
    } catch (const std::exception& error) {
      if (!share_.alone()) throw;
      row.error = torch_message(error, kMessageLimit);
      services_.tell(row.checkpoint + ": FAILED: " + row.error);
    }
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rows_.push_back(std::move(row));
    if (services_.scored && share_.leads() && rows_.back().error.empty()) services_.scored(rows_.back());
  }

  const Suite& suite_;
  const SuiteOptions& options_;
  const SuiteServices& services_;
  WorkShare& share_;
  Observer& observer_;
  std::vector<const SuiteCheckpoint*> absent_;
  std::vector<SuiteRow>& rows_;
};

}  // namespace

void run_suite(const Suite& suite, const SuiteOptions& options, const SuiteServices& services,
               WorkShare& share, Observer& observer, std::vector<SuiteRow>& rows) {
  SuiteRun(suite, options, services, share, observer, rows).run();
}

}  // namespace gdd
