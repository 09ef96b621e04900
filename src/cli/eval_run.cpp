#include "cli/eval_run.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "cli/interrupt.h"
#include "cli/metric_flags.h"
#include "compute/describe.h"
#include "gdd/error.h"
#include "networks/network.h"

namespace gdd {
namespace {

constexpr const char* kWork = "evaluating";

// Whether `path` is `folder`, a folder, or lies in it.
bool lies_in_folder(const std::string& path, const std::string& folder) {
  std::error_code error;
  const std::string whole =
                        std::filesystem::weakly_canonical(std::filesystem::absolute(folder), error).string(),
                    name = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error).string();
  return std::filesystem::is_directory(folder, error) && (name + "/").starts_with(whole + "/");
}

}  // namespace

void add_eval_flags(CLI::App& app, EvalFlags& flags) {
  EvaluateOptions& evaluate = flags.evaluate;
  flags.generate.seeds = "0-49999";  // what FID is published of
  add_generate_flags(app, flags.generate);
  app.add_option("--ref", evaluate.ref, "npz with mu and sigma, or images, or an npz of features")
      ->type_name("FILE");
  app.add_option("--ref-images", evaluate.ref_images,
                 "The same with rows, for kid, pr, prdc, clipped and mind where --ref has statistics alone")
      ->type_name("FILE");
  add_metric_flags(app, evaluate.distances);
  add_train_flag(app, evaluate.train);
  app.add_option("--outdir", evaluate.files.outdir,
                 "Folder that keeps what is finished: a run that was killed goes on there  [default: "
                 "results/NETWORK]")
      ->type_name("DIR");
  app.add_flag("--keep-images", evaluate.keep_images,
               "Also keep the images there, as gdd-sample: {seed}.png and image_pack.npz");
  app.add_flag("--prune", evaluate.prune, "Remove the kept features when the scores are there");
  add_grid_flags(app, evaluate.files);
  app.add_option("--runs", evaluate.runs, "Runs with consecutive seeds; their mean and lowest too")
      ->check(whole_number(1, 1000))
      ->capture_default_str();
  add_detector_flags(app, flags.score, "--detector-batch");
  app.get_option("--protocol")
      ->description(std::string("Whose numbers to give: ") + kProtocolNames + "; all: side by side")
      ->check(suggest({kAllProtocols}));
  app.add_option("--skip-corrupt", flags.score.skip_corrupt,
                 "So many damaged reference images may be left out, each named")
      ->check(whole_number(0))
      ->capture_default_str();
  app.add_option("--cache", flags.score.cache,
                 "Folder where features of reference images are kept  [default: in --outdir]")
      ->type_name("DIR");
  flags.score.layers_flag = "--detector-precision";
  app.add_option("--detector-precision", flags.score.layers,
                 "fp32, or bf16 (on CUDA also fp16): the detector's layers, faster and less exact")
      ->check(CLI::IsMember({"default", "fp32", "bf16", "fp16"}))
      ->capture_default_str();
  add_shared_flags(app, flags.score.shared);
  app.add_option("--html", flags.score.html, "The report as a page  [default: report.html in --outdir]")
      ->type_name("FILE");
  add_line_flags(app, flags.score.lines);
  add_report_rows_flag(app, flags.score);
}

void check_eval_files(const EvalFlags& flags,
                      const std::vector<std::pair<std::string, std::string>>& inputs) {
  OutputFiles files = flags.evaluate.files;
  if (!flags.evaluate.keep_images) files.outdir.clear();
  FileRoles roles = run_files(flags.generate, files, flags.score.shared.json);
  for (const auto& [flag, path] : inputs) roles.input(flag, path);
  roles.input("--ref", flags.evaluate.ref);
  roles.input("--ref-images", flags.evaluate.ref_images);
  roles.input("--train", flags.evaluate.train);
  ScoreFlags score = flags.score;
  score.shared.json.clear();  // among them already
  for (const std::string& reference : {flags.evaluate.ref, flags.evaluate.ref_images, flags.evaluate.train})
    if (!reference.empty() && lies_in_folder(flags.evaluate.files.outdir, reference))
      throw Error::usage("--outdir", "'" + flags.evaluate.files.outdir + "' is in the reference " + reference,
                         "name another folder");
  check_score_files(score, roles);
}

EvalRun::EvalRun(EvalFlags flags)
    : flags_(std::move(flags)),
      share_(open_work_share(flags_.generate.shard, shared_plan(), interrupted)),
      console_(share_->speaks()) {
  console_.set_stop([this] { return share_->stop_asked(); });
}

EvaluateOptions EvalRun::read_options() {
  EvaluateOptions options = flags_.evaluate;
  options.generate = read_generate_options(flags_.generate);
  adopt_threads(options.files.outdir, *share_, flags_.score.shared);
  options.generate.compute = resolve_compute(flags_.score.shared, *share_);
  threads_.emplace(ComputeSwitches{.threads = options.generate.compute.threads});
  options.network = flags_.generate.network;
  options.distances.metrics = metrics_asked(options.distances);
  options.distances.shown_rows = flags_.score.report_rows;
  options.distances.protocol = flags_.score.protocol;
  DistanceOptions& distances = options.distances;
  for (SideOptions* side : {&distances.sample, &distances.reference, &distances.train}) {
    side->extract.batch = flags_.score.batch;
    side->share = share_.get();
    side->observer = &console_;
  }
  distances.sample.extract.what = kWork;
  distances.reference.extract.what = "reference";
  distances.train.extract.what = "training set";
  for (SideOptions* side : {&distances.reference, &distances.train}) {
    side->cache = flags_.score.cache;
    side->selection.skip_corrupt = flags_.score.skip_corrupt;
  }
  return options;
}

OpenDetector EvalRun::detector_for(const EvaluateOptions& options, const std::string& name) {
  return [this, name, device = options.generate.compute.device] {
    std::shared_ptr<const Detector>& detector = detectors_[name];
    ScoreFlags flags = flags_.score;
    if (!name.empty()) flags.detector = name;
    if (!detector) detector = open_detector(flags, device, console_);
    return detector;
  };
}

Network EvalRun::open_networks(EvaluateOptions& options) {
  std::vector<std::string> warnings;
  Network network = open_network(flags_.generate, options.generate.compute, &warnings);
  open_companions(flags_.generate, options.generate, &warnings);
  for (const std::string& warning : warnings) console_.warn(warning);
  return network;
}

EvaluateListener EvalRun::listener(std::int64_t runs) {
  EvaluateListener listener;
  listener.running = [this, runs](std::int64_t run, const RunningScore& score) {
    if (score.name != "fid") return;  // the page tells it: by now all images are there
    char text[64];
    std::snprintf(text, sizeof text, "FID %.6g at %lld", score.value, static_cast<long long>(score.images));
    console_.remark(kWork, text);
    console_.say((runs > 1 ? "run " + std::to_string(run + 1) + ": " : "") + text + " images");
  };
  listener.finished = [this](std::int64_t, std::int64_t made, std::int64_t images) {
    console_.end_bars();
    console_.say(made == 0
                     ? "nothing was sampled: features of all " + std::to_string(images) + " images are kept"
                     : "sampled " + std::to_string(made) + " of " + std::to_string(images) + " images");
  };
  return listener;
}

double EvalRun::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::vector<ProvenanceEntry> EvalRun::provenance(const EvaluateOptions& options, double seconds) const {
  std::vector<ProvenanceEntry> entries = describe(options.generate.compute);
  if (options.runs > 1) entries.push_back({"num_runs", std::to_string(options.runs), true});
  if (!share_->alone()) entries.push_back({"share", share_->name()});
  entries.push_back({"seconds", std::to_string(seconds), true});
  return entries;
}

void EvalRun::append_lines(const Report& report, const EvaluateOptions& options, double seconds) const {
  append_results(flags_.score.lines, report, source_of(options, seconds));
}

void EvalRun::append_missing_lines(const Report& report, const EvaluateOptions& options,
                                   double seconds) const {
  ResultSource source = source_of(options, seconds);
  source.known_by_time = false;
  append_missing_results(flags_.score.lines, {{&report, source}});
}

ResultSource EvalRun::source_of(const EvaluateOptions& options, double seconds) const {
  return result_of_now(options.network, seconds, options.generate.compute.device, share_->processes());
}

int EvalRun::end_stopped(const std::string& folder) {
  console_.end_bars();
  share_->finish();
  log_warning("stopped; finished parts stay in " + folder + ": the same command again continues");
  return interrupted_exit_code();
}

}  // namespace gdd
