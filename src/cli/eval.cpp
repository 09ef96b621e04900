#include "cli/eval.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/console.h"
#include "cli/generate_flags.h"
#include "cli/interrupt.h"
#include "cli/metric_flags.h"
#include "cli/score_run.h"
#include "compute/describe.h"
#include "evaluation/evaluate.h"
#include "gdd/error.h"
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

  torchrun --no-python --nproc-per-node 8 gdd-eval --network x.pkl --ref ref.npz --seeds 0-49999
)";

constexpr const char* kWork = "evaluating";

struct EvalFlags {
  ScoreFlags score;
  GenerateFlags generate;
  EvaluateOptions evaluate;
};

void add_flags(CLI::App& app, EvalFlags& flags) {
  EvaluateOptions& evaluate = flags.evaluate;
  add_generate_flags(app, flags.generate);
  app.get_option("--network")->required();
  app.add_option("--ref", evaluate.ref, "npz with mu and sigma, or images, or an npz of features")
      ->type_name("FILE");
  app.add_option("--ref-images", evaluate.ref_images,
                 "The same with rows, for kid, pr and prdc where --ref has statistics alone")
      ->type_name("FILE");
  add_metric_flags(app, evaluate.distances);
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
      ->description(std::string("Whose numbers to give: ") + kProtocolNames + "; all: side by side");
  app.add_option("--cache", flags.score.cache,
                 "Folder where features of reference images are kept  [default: in --outdir]")
      ->type_name("DIR");
  add_shared_flags(app, flags.score.shared);
}

std::string default_outdir(const std::string& network) {
  return (std::filesystem::path("results") / std::filesystem::path(network).stem()).string();
}

void check_files(const EvalFlags& flags) {
  OutputFiles files = flags.evaluate.files;
  if (!flags.evaluate.keep_images) files.outdir.clear();
  FileRoles roles = run_files(flags.generate, files, flags.score.shared.json);
  roles.input("--ref", flags.evaluate.ref);
  roles.input("--ref-images", flags.evaluate.ref_images);
  ScoreFlags score = flags.score;
  score.shared.json.clear();  // among them already
  check_score_files(score, roles);
}

// Says what a run finds as it becomes known.
EvaluateListener listen(Console& console, std::int64_t runs) {
  EvaluateListener listener;
  listener.running = [&console, runs](std::int64_t run, const RunningScore& score) {
    char text[64];
    std::snprintf(text, sizeof text, "FID %.6g at %lld", score.fid, static_cast<long long>(score.images));
    console.remark(kWork, text);
    console.say((runs > 1 ? "run " + std::to_string(run + 1) + ": " : "") + text + " images");
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

  int run() {
    EvaluateOptions options = read_options();
    std::vector<std::string> warnings;
    Network network = Network::open(flags_.generate.network, flags_.generate.ema, &warnings);
    for (const std::string& warning : warnings) console_.warn(warning);
    network.to(options.generate.compute.device);
    Report report;
    try {
      report = evaluate(network, detector_for(options.generate.compute.device), options, *share_, console_,
                        listen(console_, options.runs));
    } catch (const Stopped&) {
      share_->finish();
      log_warning("stopped; finished parts stay in " + options.files.outdir +
                  ": the same command again continues");
      return interrupted_exit_code();
    }
    console_.end_bars();
    tell(report, options, network.info());
    return 0;
  }

 private:
  EvaluateOptions read_options() {
    EvaluateOptions options = flags_.evaluate;
    options.generate = read_generate_options(flags_.generate);
    adopt_threads(options.files.outdir, flags_.score.shared);
    options.generate.compute = resolve_compute(flags_.score.shared, *share_);
    options.network = flags_.generate.network;
    options.distances.metrics = without_repetitions(options.distances.metrics);
    options.distances.protocol = flags_.score.protocol;
    for (SideOptions* side : {&options.distances.sample, &options.distances.reference}) {
      side->extract.batch = flags_.score.batch;
      side->share = share_.get();
      side->observer = &console_;
    }
    options.distances.sample.extract.what = kWork;
    options.distances.reference.extract.what = "reference";
    options.distances.reference.cache = flags_.score.cache;
    return options;
  }

  // Opened once, whatever asks for it.
  OpenDetector detector_for(c10::Device device) {
    return [this, device] {
      if (!detector_) detector_ = open_detector(flags_.score, device, console_);
      return detector_;
    };
  }

  void describe_all(const EvaluateOptions& options, const NetworkInfo& info, Report& report) {
    std::vector<ProvenanceEntry> in_force = describe(options.generate.compute);
    report.provenance.insert(report.provenance.end(), in_force.begin(), in_force.end());
    report.provenance.push_back({"precision", precision_of(options.generate, info) +
                                                  " images, float32 features, float64 statistics"});
    describe_generation(flags_.generate, options.generate, info, report);
    if (options.runs > 1) report.provenance.push_back({"runs", std::to_string(options.runs), true});
    if (!share_->alone()) report.provenance.push_back({"share", share_->name()});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    report.provenance.push_back({"seconds", std::to_string(seconds.count()), true});
  }

  // Scores are printed before anything else can fail.
  void tell(Report& report, const EvaluateOptions& options, const NetworkInfo& info) {
    if (share_->leads()) print_scores(report, options.distances);
    share_->finish();
    if (!share_->leads()) {
      if (share_->speaks())
        log_info(share_->name() +
                 " is done; when every shard is, the same command without --shard gives the scores");
      return;
    }
    for (const std::string& warning : report.warnings) log_warning(warning);
    report.warnings.insert(report.warnings.begin(), console_.warnings().begin(), console_.warnings().end());
    describe_all(options, info, report);
    if (!flags_.score.shared.json.empty())
      write_file_atomically(flags_.score.shared.json, as_bytes(to_json(report)));
  }

  EvalFlags flags_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<WorkShare> share_;
  Console console_;
  std::shared_ptr<const Detector> detector_;
};

}  // namespace

int eval_main(int argc, char** argv) {
  CLI::App app("A checkpoint to all its scores in one pass, with no image on the disk unless it is asked for",
               "gdd-eval");
  EvalFlags flags;
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
