#include "cli/eval.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/compare.h"
#include "cli/console.h"
#include "cli/generate_flags.h"
#include "cli/interrupt.h"
#include "cli/metric_flags.h"
#include "cli/report.h"
#include "cli/report_page.h"
#include "cli/score_run.h"
#include "compute/compute_scope.h"
#include "compute/describe.h"
#include "evaluation/evaluate.h"
#include "evaluation/pace.h"
#include "evaluation/run_suite.h"
#include "evaluation/workload.h"
#include "gdd/error.h"
#include "images/run_settings.h"
#include "networks/network.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  # 50 000 images, their FID, and what is kept of them in results/cifar_uncond_gdd_i
  gdd-eval --network all_ckpt/cifar_uncond_gdd_i.pkl --ref refs/cifar10-32x32.npz --seeds 0-49999

  # later: other scores of the same images, which are not made again
  gdd-eval --network all_ckpt/cifar_uncond_gdd_i.pkl --ref refs/cifar10-32x32.npz --seeds 0-49999 --metrics is,pr --ref-images cifar10.zip

  # EDM's practice: three runs with seeds 0-49999, 50000-99999, 100000-149999
  gdd-eval --network x.pkl --ref ref.npz --seeds 0-49999 --runs 3 --json x.json

  # how long that will take, and how much memory
  gdd-eval --network x.pkl --ref ref.npz --seeds 0-49999 --runs 3 --dry-run

  # whether one checkpoint is better than another: gdd-eval compare --help
  gdd-eval compare results/new results/old --ref ref.npz

  # one page of several reports: gdd-eval report --help
  gdd-eval report a.json b.json --html both.html

  # what is published, as far as it is here
  gdd-eval --suite all_ckpt/published.json

  torchrun --no-python --nproc-per-node 8 gdd-eval --network x.pkl --ref ref.npz --seeds 0-49999
)";

constexpr const char* kWork = "evaluating";

struct EvalFlags {
  ScoreFlags score;
  GenerateFlags generate;
  EvaluateOptions evaluate;
  std::string suite, evaluation;  // of a list of checkpoints
  bool dry_run = false;
};

// A suite names for each checkpoint what these flags name for one.
void add_suite_flags(CLI::App& app, EvalFlags& flags) {
  CLI::Option* const suite =
      app.add_option("--suite", flags.suite,
                     "Every checkpoint of this list that is there, beside what is published of it; the demo "
                     "where none is")
          ->type_name("FILE.json");
  for (const char* own :
       {"--network", "--seeds", "--ref", "--ref-images", "--train", "--metrics", "--protocol", "--outdir",
        "--grid", "--class", "--subdirs", "--dry-run", "--html", "--per-class"})
    suite->excludes(app.get_option(own));
  app.add_option("--evaluation", flags.evaluation, "Of the list's evaluations this one alone")->needs(suite);
  app.add_option("--num", flags.score.num, "Images a run, in place of the list's seeds")
      ->check(whole_number(2, std::int64_t{1} << 31))
      ->needs(suite);
}

void add_flags(CLI::App& app, EvalFlags& flags) {
  EvaluateOptions& evaluate = flags.evaluate;
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
  app.add_flag(
      "--dry-run", flags.dry_run,
      "Measure for some ten seconds, say how long every stage will take and how much memory, and end: "
      "no folder is made");
  add_detector_flags(app, flags.score, "--detector-batch");
  app.get_option("--protocol")
      ->description(std::string("Whose numbers to give: ") + kProtocolNames + "; all: side by side");
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
  add_report_rows_flag(app, flags.score);
  add_suite_flags(app, flags);
}

// Whether `path` is `folder`, a folder, or lies in it.
bool lies_in_folder(const std::string& path, const std::string& folder) {
  std::error_code error;
  const std::string whole =
                        std::filesystem::weakly_canonical(std::filesystem::absolute(folder), error).string(),
                    name = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error).string();
  return std::filesystem::is_directory(folder, error) && (name + "/").starts_with(whole + "/");
}

std::string default_outdir(const std::string& network) {
  return (std::filesystem::path("results") / std::filesystem::path(network).stem()).string();
}

void check_files(const EvalFlags& flags) {
  OutputFiles files = flags.evaluate.files;
  if (!flags.evaluate.keep_images) files.outdir.clear();
  FileRoles roles = run_files(flags.generate, files, flags.score.shared.json);
  roles.input("--suite", flags.suite);
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

// Says what a run finds as it becomes known.
EvaluateListener listen(Console& console, std::int64_t runs) {
  EvaluateListener listener;
  listener.running = [&console, runs](std::int64_t run, const RunningScore& score) {
    if (score.name != "fid") return;  // the page tells it: by now all images are there
    char text[64];
    std::snprintf(text, sizeof text, "FID %.6g at %lld", score.value, static_cast<long long>(score.images));
    console.remark(kWork, text);
    console.say((runs > 1 ? "run " + std::to_string(run + 1) + ": " : "") + text + " images");
  };
  listener.finished = [&console](std::int64_t, std::int64_t made, std::int64_t images) {
    console.end_bars();
    console.say(made == 0
                    ? "nothing was sampled: features of all " + std::to_string(images) + " images are kept"
                    : "sampled " + std::to_string(made) + " of " + std::to_string(images) + " images");
  };
  return listener;
}

class Evaluation {
 public:
  explicit Evaluation(EvalFlags flags)
      : flags_(std::move(flags)),
        share_(open_work_share(flags_.generate.shard, shared_plan(), interrupted)),
        console_(share_->speaks()) {
    console_.set_stop([this] { return share_->stop_asked(); });
  }

  int run() { return flags_.suite.empty() ? run_one() : run_all(); }

 private:
  int run_one() {
    EvaluateOptions options = read_options();
    std::vector<std::string> warnings;
    const Network network = open_network(flags_.generate, options.generate.compute, &warnings);
    open_guide(flags_.generate, options.generate, &warnings);
    for (const std::string& warning : warnings) console_.warn(warning);
    if (!options.generate.preset.empty()) console_.say("preset " + preset_text(options.generate));
    if (flags_.dry_run) return foresee(network, options);
    Report report;
    try {
      report =
          evaluate(network, detector_for(options, ""), options, *share_, console_, listener_for(options));
    } catch (const Stopped&) {
      return end_stopped(options.files.outdir);
    }
    console_.end_bars();
    tell(report, options);
    return 0;
  }

  // Ranks measure side by side, as they would work.
  int foresee(const Network& network, const EvaluateOptions& options) {
    const std::shared_ptr<const Detector> detector = detector_for(options, "")();
    const double started = seconds();
    Prediction prediction;
    try {
      const Workload work = count_work(network.info(), *detector, options, share_->processes(), console_);
      Pace pace = measure_pace(network, *detector, options, work, console_);
      pace.start_seconds = started;
      prediction = predict(work, pace);
    } catch (const Stopped&) {
      share_->finish();
      return interrupted_exit_code();
    }
    console_.end_bars();
    if (share_->speaks()) print_now(prediction_table(prediction));
    share_->finish();
    if (share_->speaks() && !flags_.score.shared.json.empty())
      write_file_atomically(flags_.score.shared.json,
                            as_bytes(prediction_json(prediction, provenance(options))));
    return 0;
  }

  int run_all() {
    const Suite suite = read_suite(flags_.suite);
    SuiteOptions options;
    options.evaluate = read_options();
    options.path = flags_.suite;
    options.evaluation = flags_.evaluation;
    options.num = flags_.score.num;
    options.ema = flags_.generate.ema;
    options.threads_given = flags_.score.shared.threads > 0;
    SuiteServices services;
    services.detector = [&](const std::string& name) { return detector_for(options.evaluate, name); };
    services.has_detector = has_detector(flags_.score);
    services.sampling = [&](const std::string& flags, const std::string& gnet) {
      return sampling_for(options.evaluate.generate, flags, gnet);
    };
    services.tell = [this](const std::string& message) { console_.say(message); };
    services.listener = listen(console_, options.evaluate.runs);
    std::vector<SuiteRow> rows;
    try {
      run_suite(suite, options, services, *share_, console_, rows);
    } catch (const Stopped&) {
      if (share_->leads() && !rows.empty()) print(suite_table(rows));  // what was finished before
      return end_stopped("results");
    }
    console_.end_bars();
    return tell_all(rows, options.evaluate);
  }

  // The program's own flags, and on top of them those of one checkpoint of a list.
  SuiteSampling sampling_for(const GenerateOptions& given, const std::string& flags,
                             const std::string& gnet) const {
    GenerateFlags of_checkpoint = flags_.generate;
    of_checkpoint.gnet = gnet;
    CLI::App app;
    add_generate_flags(app, of_checkpoint);
    try {
      app.parse(flags);
    } catch (const CLI::ParseError& error) {
      throw Error(flags_.suite, "the flags '" + flags + "' of a checkpoint: " + std::string(error.what()));
    }
    SuiteSampling sampling{read_generate_options(of_checkpoint), assumed_of_network(of_checkpoint)};
    sampling.generate.compute = given.compute;
    open_guide(of_checkpoint, sampling.generate);
    return sampling;
  }

  // The scores of one run are on stdout before a grid can fail.
  EvaluateListener listener_for(const EvaluateOptions& options) {
    EvaluateListener listener = listen(console_, options.runs);
    listener.scored = [this, &options](std::int64_t, const Report& report) {
      if (!share_->leads() || options.runs > 1) return;
      console_.end_bars();
      print_now(scores_text(report, options.distances));
    };
    return listener;
  }

  int end_stopped(const std::string& folder) {
    console_.end_bars();
    share_->finish();
    log_warning("stopped; finished parts stay in " + folder + ": the same command again continues");
    return interrupted_exit_code();
  }

  // 1 where one of them failed: the others' scores are there.
  int tell_all(std::vector<SuiteRow>& rows, const EvaluateOptions& options) {
    if (share_->leads()) print_now(suite_table(rows));
    share_->finish();
    if (!share_->leads()) return 0;
    for (const SuiteRow& row : rows)
      for (const std::string& warning : row.report.warnings) console_.warn(warning);
    const std::vector<ProvenanceEntry> own = provenance(options);
    for (SuiteRow& row : rows)
      row.report.provenance.insert(row.report.provenance.end(), own.begin(), own.end());
    if (!flags_.score.shared.json.empty())
      write_file_atomically(flags_.score.shared.json, as_bytes(suite_json(rows)));
    write_pages(rows);
    return std::ranges::any_of(rows, [](const SuiteRow& row) { return !row.error.empty(); }) ? 1 : 0;
  }

  EvaluateOptions read_options() {
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

  // The one of that name, or the one that the flags name; opened once, whatever asks for it.
  OpenDetector detector_for(const EvaluateOptions& options, const std::string& name) {
    return [this, name, device = options.generate.compute.device] {
      std::shared_ptr<const Detector>& detector = detectors_[name];
      ScoreFlags flags = flags_.score;
      if (!name.empty()) flags.detector = name;
      if (!detector) detector = open_detector(flags, device, console_);
      return detector;
    };
  }

  // Since the program began.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  std::vector<ProvenanceEntry> provenance(const EvaluateOptions& options) const {
    std::vector<ProvenanceEntry> entries = describe(options.generate.compute);
    if (options.runs > 1) entries.push_back({"num_runs", std::to_string(options.runs), true});
    if (!share_->alone()) entries.push_back({"share", share_->name()});
    entries.push_back({"seconds", std::to_string(seconds()), true});
    return entries;
  }

  // Scores are printed before anything else can fail.
  void tell(Report& report, const EvaluateOptions& options) {
    if (share_->leads() && options.runs > 1) print_now(scores_text(report, options.distances));
    share_->finish();
    if (share_->leads())
      write_reports(report, options);
    else if (share_->speaks())
      log_info(share_->name() +
               " is done; when every shard is, the same command without --shard gives the scores");
  }

  void write_reports(Report& report, const EvaluateOptions& options) {
    finish_report(report, console_, provenance(options), flags_.score.shared.json);
    const std::string page = flags_.score.html.empty() ? page_in(options.files.outdir) : flags_.score.html;
    write_page(page, report, options.network);
    log_info("report: " + page);
  }

  // Of each checkpoint and evaluation of a list, beside what is kept of it.
  void write_pages(const std::vector<SuiteRow>& rows) const {
    for (const SuiteRow& row : rows) {
      if (!row.error.empty()) continue;
      const std::string page = page_in(row.outdir, row.evaluation);
      write_page(page, row.report, row.name + ": " + row.evaluation);
      log_info(row.name + ": report: " + page);
    }
  }

  EvalFlags flags_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<WorkShare> share_;
  Console console_;
  std::optional<ComputeScope> threads_;
  std::map<std::string, std::shared_ptr<const Detector>> detectors_;
};

}  // namespace

int eval_main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "compare") return compare_main(argc - 1, argv + 1);
  if (command == "report") return report_main(argc - 1, argv + 1);
  CLI::App app("A checkpoint to all its scores in one pass, with no image on the disk unless it is asked for",
               "gdd-eval");
  EvalFlags flags;
  flags.generate.seeds = "0-49999";  // what FID is published of
  add_flags(app, flags);
  app.footer(kExamples);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  catch_interrupts();
  if (flags.evaluate.files.outdir.empty())
    flags.evaluate.files.outdir = default_outdir(flags.generate.network);
  check_grid(flags.evaluate.files.grid);
  check_files(flags);
  return Evaluation(std::move(flags)).run();
}

}  // namespace gdd
