#include "cli/eval.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/compare.h"
#include "cli/eval_run.h"
#include "cli/interrupt.h"
#include "cli/metric_flags.h"
#include "cli/report.h"
#include "cli/report_page.h"
#include "cli/watch.h"
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

  # every snapshot that a training writes into a folder: gdd-eval watch --help
  gdd-eval watch training-runs/00000 --ref ref.npz --jsonl scores.jsonl

  # one page of several reports: gdd-eval report --help
  gdd-eval report a.json b.json --html both.html

  # what is published, as far as it is here
  gdd-eval --suite all_ckpt/published.json

  torchrun --no-python --nproc-per-node 8 gdd-eval --network x.pkl --ref ref.npz --seeds 0-49999
)";

struct ProgramFlags {
  EvalFlags eval;
  std::string suite, evaluation;  // of a list of checkpoints
  bool dry_run = false;
};

// What the program does beside its own work, when this is its first word, with flags of its own.
struct Command {
  const char* name;
  const char* description;
  int (*run)(int argc, char** argv);
};

constexpr Command kCommands[] = {
    {"compare", "Whether A is better than B: differences of their scores, with 95 % intervals", compare_main},
    {"report", "One page of several reports, side by side", report_main},
    {"watch", "The scores of every snapshot that a training writes into a folder, as they come", watch_main},
};

// For --help: where it could be parsed, it stands in the wrong place.
void add_command(CLI::App& app, const Command& command) {
  app.add_subcommand(command.name, command.description)->preparse_callback([&command](std::size_t) {
    throw Error::usage(command.name, "must be the first word after gdd-eval");
  });
}

// A suite names for each checkpoint what these flags name for one.
void add_suite_flags(CLI::App& app, ProgramFlags& flags) {
  CLI::Option* const suite =
      app.add_option("--suite", flags.suite,
                     "Every checkpoint of this list that is there, beside what is published of it; the demo "
                     "where none is")
          ->type_name("FILE.json");
  for (const char* own :
       {"--network", "--vae",   "--gnet",       "--guidance", "--preset",  "--ts",       "--assume",
        "--seeds",   "--ref",   "--ref-images", "--train",    "--metrics", "--protocol", "--outdir",
        "--grid",    "--class", "--subdirs",    "--dry-run",  "--html",    "--per-class"})
    suite->excludes(app.get_option(own));
  app.add_option("--evaluation", flags.evaluation, "Of the list's evaluations this one alone")->needs(suite);
  app.add_option("--num", flags.eval.score.num, "Images a run, in place of the list's seeds")
      ->check(whole_number(2, std::int64_t{1} << 31))
      ->needs(suite);
}

void add_flags(CLI::App& app, ProgramFlags& flags) {
  add_eval_flags(app, flags.eval);
  app.add_flag(
      "--dry-run", flags.dry_run,
      "Measure for some ten seconds, say how long every stage will take and how much memory, and end: "
      "no folder is made");
  add_suite_flags(app, flags);
}

std::string default_outdir(const std::string& network) {
  return (std::filesystem::path("results") / std::filesystem::path(network).stem()).string();
}

class Evaluation {
 public:
  explicit Evaluation(const ProgramFlags& flags) : program_(flags), run_(flags.eval) {}

  int run() { return program_.suite.empty() ? run_one() : run_all(); }

 private:
  int run_one() {
    EvaluateOptions options = run_.read_options();
    const Network network = run_.open_networks(options);
    if (!options.generate.preset.empty()) console_.say("preset " + preset_text(options.generate));
    if (program_.dry_run) return foresee(network, options);
    Report report;
    try {
      report =
          evaluate(network, run_.detector_for(options, ""), options, share_, console_, listener_for(options));
    } catch (const Stopped&) {
      return run_.end_stopped(options.files.outdir);
    }
    console_.end_bars();
    tell(report, options);
    return 0;
  }

  // Ranks measure side by side, as they would work.
  int foresee(const Network& network, const EvaluateOptions& options) {
    const std::shared_ptr<const Detector> detector = run_.detector_for(options, "")();
    const double started = run_.seconds();
    Prediction prediction;
    try {
      const Workload work = count_work(network.info(), *detector, options, share_.processes(), console_);
      Pace pace = measure_pace(network, *detector, options, work, console_);
      pace.start_seconds = started;
      prediction = predict(work, pace);
    } catch (const Stopped&) {
      share_.finish();
      return interrupted_exit_code();
    }
    console_.end_bars();
    if (share_.speaks()) print_now(prediction_table(prediction));
    share_.finish();
    if (share_.speaks() && !flags_.score.shared.json.empty())
      write_file_atomically(flags_.score.shared.json,
                            as_bytes(prediction_json(prediction, run_.provenance(options, run_.seconds()))));
    return 0;
  }

  int run_all() {
    const Suite suite = read_suite(program_.suite);
    SuiteOptions options;
    options.evaluate = run_.read_options();
    options.path = program_.suite;
    options.evaluation = program_.evaluation;
    options.num = flags_.score.num;
    options.ema = flags_.generate.ema;
    options.threads_given = flags_.score.shared.threads > 0;
    SuiteServices services;
    services.detector = [&](const std::string& name) { return run_.detector_for(options.evaluate, name); };
    services.has_detector = has_detector(flags_.score);
    services.sampling = [&](const std::string& flags, const std::string& gnet, const std::string& vae) {
      return sampling_for(options.evaluate.generate, flags, gnet, vae);
    };
    services.tell = [this](const std::string& message) { console_.say(message); };
    services.listener = run_.listener(options.evaluate.runs);
    services.scored = [&](const SuiteRow& row) { append_lines(row, options.evaluate); };
    std::vector<SuiteRow> rows;
    try {
      run_suite(suite, options, services, share_, console_, rows);
    } catch (const Stopped&) {
      if (share_.leads() && !rows.empty()) print(suite_table(rows));  // what was finished before
      return run_.end_stopped("results");
    }
    console_.end_bars();
    return tell_all(rows, options.evaluate);
  }

  // A log that cannot be written takes no score along: what it lacks, the same command appends.
  void append_lines(const SuiteRow& row, EvaluateOptions options) {
    options.network = row.checkpoint;
    Report report = row.report;
    const std::vector<ProvenanceEntry> own = run_.provenance(options, row.seconds);
    report.provenance.insert(report.provenance.end(), own.begin(), own.end());
    try {
      run_.append_missing_lines(report, options, row.seconds);
    } catch (const Error& error) {
      lacks_lines_ = true;
      console_.warn(row.name + ": its scores are not appended: " + error.what() +
                    "; the same command again appends what is missing");
    }
  }

  // The program's own flags, and on top of them those of one checkpoint of a list.
  SuiteSampling sampling_for(const GenerateOptions& given, const std::string& flags, const std::string& gnet,
                             const std::string& vae) const {
    GenerateFlags of_checkpoint = flags_.generate;
    of_checkpoint.gnet = gnet;
    of_checkpoint.vae = vae;
    CLI::App app;
    add_generate_flags(app, of_checkpoint);
    try {
      app.parse(flags);
    } catch (const CLI::ParseError& error) {
      throw Error(program_.suite, "the flags '" + flags + "' of a checkpoint: " + std::string(error.what()));
    }
    SuiteSampling sampling{read_generate_options(of_checkpoint), assumed_of_network(of_checkpoint), {}};
    sampling.generate.compute = given.compute;
    open_companions(of_checkpoint, sampling.generate, &sampling.warnings);
    return sampling;
  }

  // The scores of one run are on stdout before a grid can fail.
  EvaluateListener listener_for(const EvaluateOptions& options) {
    EvaluateListener listener = run_.listener(options.runs);
    listener.scored = [this, &options](std::int64_t, const Report& report) {
      if (!share_.leads() || options.runs > 1) return;
      console_.end_bars();
      print_now(scores_text(report, options.distances));
    };
    return listener;
  }

  // 1 where one of them failed, or a log lacks lines: the scores are there.
  int tell_all(std::vector<SuiteRow>& rows, const EvaluateOptions& options) {
    if (share_.leads()) print_now(suite_table(rows));
    share_.finish();
    if (!share_.leads()) return 0;
    for (const SuiteRow& row : rows)
      for (const std::string& warning : row.report.warnings) console_.warn(warning);
    const std::vector<ProvenanceEntry> own = run_.provenance(options, run_.seconds());
    for (SuiteRow& row : rows)
      row.report.provenance.insert(row.report.provenance.end(), own.begin(), own.end());
    if (!flags_.score.shared.json.empty())
      write_file_atomically(flags_.score.shared.json, as_bytes(suite_json(rows)));
    write_pages(rows);
    const bool failed = std::ranges::any_of(rows, [](const SuiteRow& row) { return !row.error.empty(); });
    return failed || lacks_lines_ ? 1 : 0;
  }

  // Scores are printed before anything else can fail.
  void tell(Report& report, const EvaluateOptions& options) {
    if (share_.leads() && options.runs > 1) print_now(scores_text(report, options.distances));
    share_.finish();
    if (share_.leads())
      write_reports(report, options);
    else if (share_.speaks())
      log_info(share_.name() +
               " is done; when every shard is, the same command without --shard gives the scores");
  }

  void write_reports(Report& report, const EvaluateOptions& options) {
    finish_report(report, console_, run_.provenance(options, run_.seconds()), flags_.score.shared.json);
    run_.append_lines(report, options, run_.seconds());
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

  ProgramFlags program_;
  EvalRun run_;
  const EvalFlags& flags_ = run_.flags();
  WorkShare& share_ = run_.share();
  Console& console_ = run_.console();
  bool lacks_lines_ = false;  // of a suite: a log
};

}  // namespace

int eval_main(int argc, char** argv) {
  for (const Command& command : kCommands)
    if (argc > 1 && command.name == std::string(argv[1])) return command.run(argc - 1, argv + 1);
  CLI::App app("A checkpoint to all its scores in one pass, with no image on the disk unless it is asked for",
               "gdd-eval");
  ProgramFlags flags;
  add_flags(app, flags);
  for (const Command& command : kCommands) add_command(app, command);
  app.footer(kExamples);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  catch_interrupts();
  OutputFiles& files = flags.eval.evaluate.files;
  if (files.outdir.empty()) files.outdir = default_outdir(flags.eval.generate.network);
  check_grid(files.grid);
  check_eval_files(flags.eval, {{"--suite", flags.suite}});
  return Evaluation(flags).run();
}

}  // namespace gdd
