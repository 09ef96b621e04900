#include "cli/watch.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/printable.h"
#include "base/seeds.h"
#include "cli/eval_run.h"
#include "cli/interrupt.h"
#include "cli/report_page.h"
#include "cli/watch_outputs.h"
#include "evaluation/comparisons.h"
#include "evaluation/watch.h"
#include "gdd/error.h"
#include "generation/image_parts.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(Examples:
  # as long as the training goes on, from another shell; the page is results/00000-cifar10/report.html
  gdd-eval watch training-runs/00000-cifar10 --ref refs/cifar10-32x32.npz --jsonl training-runs/00000-cifar10/metric-fid.jsonl

  # what is there, of 10 000 images each, and no features kept (0.4 GB of 50 000 images)
  gdd-eval watch runs/a --ref ref.npz --seeds 0-9999 --metrics fid,is --csv a.csv --prune --once

  # the end with the last snapshot of the training, or when nothing was new for two hours
  gdd-eval watch runs/a --ref ref.npz --until 200000 --idle-exit 7200 | tail -1

  # EDM2's snapshots of one average
  gdd-eval watch runs/edm2 --pattern 'network-snapshot-*-0.050.pkl' --ref ref.npz

A line a snapshot goes to stdout when it is scored, and a last one of all that are: 'best: NAME SCORE VALUE', by
the first metric ('best: none' where there is none). The same command again goes on: nothing is scored twice,
none of the lines of --jsonl and --csv is missing. A file that is still being written is waited for. A snapshot
that could not be scored is tried twice more, after --patience each; of several ranks it ends them all. What cannot
be written ends the watch.

Exit: 0 at the end that was asked for; 1 if a file was passed over or a snapshot could not be scored, or
there is no result at all; 2 a wrong flag; 128 + the signal's number if it was stopped, with the last line all the same.)";

struct WatchFlags {
  EvalFlags eval;
  WatchOptions watch;
};

void add_flags(CLI::App& app, WatchFlags& flags) {
  WatchOptions& watch = flags.watch;
  app.add_option("DIR", watch.folder, "The folder that a training writes its snapshots into")
      ->type_name("DIR")
      ->required();
  app.add_option("--pattern", watch.pattern,
                 "Names of snapshots, * where their number stands  [default: all .pkl, .pt and .pth]")
      ->type_name("GLOB");
  app.add_option("--interval", watch.interval, "Seconds between two looks into the folder")
      ->check(seconds_up_to(1e6))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--settle", watch.settle, "Seconds that a file must have stood still before it is read")
      ->check(seconds_up_to(1e6))
      ->type_name("S")
      ->capture_default_str();
  app.add_option(
         "--patience", watch.patience,
         "Seconds from the try of a file that cannot be read until it is passed over, if it does not change")
      ->check(seconds_up_to(1e6))
      ->type_name("S")
      ->capture_default_str();
  app.add_flag("--once", watch.once, "Score what is there, and end");
  app.add_option("--until", watch.until, "End when the snapshot of this number, or the next one, is scored")
      ->check(whole_number(0));
  app.add_option("--idle-exit", watch.idle_exit, "End when so many seconds brought nothing new")
      ->check(seconds_up_to(1e9))
      ->type_name("S");
  add_eval_flags(app, flags.eval);
  for (const char* of_one : {"--network", "--shard"}) app.remove_option(app.get_option(of_one));
  app.get_option("--outdir")
      ->description("Folder of the results, one of each snapshot in it  [default: results/DIR's name]");
  app.get_option("--grid")->description("Also draw a grid, e.g. --grid 8x8 grid.png, in each one's folder");
  app.get_option("--html")->description("The page of all snapshots  [default: report.html in --outdir]");
  app.get_option("--json")->description("Write the reports of all snapshots to FILE, as --suite does");
}

std::string default_outdir(const std::string& folder) {
  std::error_code error;
  fs::path whole = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (!whole.has_filename()) whole = whole.parent_path();
  return (fs::path("results") / (whole.has_filename() ? whole.filename() : fs::path("watch"))).string();
}

// A grid lies in the folder of each snapshot, so that its name is not checked as that of a file here.
void check_files(const WatchFlags& flags) {
  EvalFlags eval = flags.eval;
  if (const auto grid = std::exchange(eval.evaluate.files.grid, {}); !grid.empty()) {
    check_grid(grid);
    if (grid[1].find('/') != std::string::npos)
      throw Error::usage("--grid", "expected the name of a file alone, found " + gdd::quoted(grid[1]),
                         "it lies in the folder of each snapshot");
  }
  std::vector<std::pair<std::string, std::string>> inputs;
  for (const Snapshot& each : list_snapshots(flags.watch.folder, flags.watch.pattern))
    inputs.emplace_back("DIR", each.path);
  check_eval_files(eval, inputs);
}

// The console, and what it warns of in one snapshot's scoring: also what was said of another one before,
// which the console says once.
class SnapshotConsole : public Observer {
 public:
  SnapshotConsole(Console& console, std::vector<std::string> warnings)
      : console_(console), warnings_(std::move(warnings)) {}

  void progress(const std::string& what, const std::string& unit, std::int64_t done,
                std::int64_t total) override {
    console_.progress(what, unit, done, total);
  }
  void warn(const std::string& message) override {
    console_.warn(message);
    if (std::ranges::count(warnings_, message) == 0) warnings_.push_back(message);
  }
  void note(const std::string& message) override { console_.note(message); }
  bool stop() override { return console_.stop(); }

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Console& console_;
  std::vector<std::string> warnings_;
};

class FolderWatch {
 public:
  explicit FolderWatch(const WatchFlags& flags) : watch_(flags.watch), run_(flags.eval) {}

  int run() {
    options_ = run_.read_options();
    open_files();
    const bool stopped = share_.leads() ? lead() : follow();
    console_.end_bars();
    share_.finish();
    if (!share_.leads()) return stopped ? interrupted_exit_code() : 0;
    print_now(line_of_best(results_->all()) + "\n");
    if (stopped) log_warning("stopped; the same command again goes on");
    if (stopped) return interrupted_exit_code();
    return end_.failed > 0 || results_->all().empty() ? 1 : 0;
  }

 private:
  // What all snapshots need; what of it is missing is said before the first of them is there.
  void open_files() {
    check_comparisons(options_);
    std::vector<std::string> warnings;
    open_companions(flags_.generate, options_.generate, &warnings);
    for (const std::string& warning : warnings) console_.warn(warning);
    if (!options_.generate.preset.empty()) console_.say("preset " + preset_text(options_.generate));
    detector_ = run_.detector_for(options_, "")();
    for (const std::string& path : {options_.ref, options_.ref_images, options_.train})
      if (!path.empty()) FeatureInput(path).prefer(detector_->family());
    if (flags_.score.cache.empty())
      for (SideOptions* side : {&options_.distances.reference, &options_.distances.train})
        side->cache = (fs::path(outdir()) / kRunRecords).string();
    of_all_ = console_.warnings();
  }
  const std::string& outdir() const { return flags_.evaluate.files.outdir; }

  // True: it was stopped.
  bool lead() {
    RunSettings settings = watch_settings(options_, watch_.folder, *detector_, console_);
    settings.emplace_back("weights", flags_.generate.ema ? "ema" : "net");
    for (const std::string& assumed : flags_.generate.assumed) settings.emplace_back("assumed", assumed);
    results_ = std::make_unique<WatchResults>(outdir(), watch_.folder, settings, console_);
    write();
    try {
      end_ = watch(watch_, services(), *results_);
    } catch (const Stopped&) {
      end_.stopped = true;
    }
    if (!end_.stopped) share_.tell_all("");
    return end_.stopped;
  }

  // What the leader scores, until it says that there is no more.
  bool follow() {
    try {
      for (std::string told = share_.tell_all(""); !told.empty(); told = share_.tell_all("")) {
        const std::size_t end = told.find('\0');  // a name may hold anything else
        const std::string path = told.substr(0, end);
        SnapshotConsole console(console_, of_all_);
        const Network network = open(copy_file(path), console);
        evaluate(
            network, [this] { return detector_; }, options_for(network, path, told.substr(end + 1), console),
            share_, console);
      }
    } catch (const Stopped&) {
      return true;
    }
    return false;
  }

  WatchServices services() {
    WatchServices services;
    services.open = [this](const Snapshot& snapshot, const SharedFile& file) -> ScoreSnapshot {
      const auto console = std::make_shared<SnapshotConsole>(console_, of_all_);
      return [this, console, network = open(file, *console), snapshot](const std::string& folder) {
        return score(network, snapshot, folder, *console);
      };
    };
    services.scored = [this](const ScoredSnapshot& scored) {
      print_now(line_of(scored) + "\n");
      write();
    };
    services.tell = [this](const std::string& message) { console_.say(message); };
    services.warn = [this](const std::string& message) { console_.warn(message); };
    services.now = [] {
      return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    };
    services.pause = [this](double seconds) { return pause(seconds); };
    services.alone = share_.alone();
    services.num_gpus = options_.generate.compute.device.is_cpu() ? 0 : static_cast<int>(share_.processes());
    return services;
  }

  // In short naps, so that a wish to stop is heard.
  bool pause(double seconds) {
    constexpr std::chrono::duration<double> kNap{0.1};
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      if (share_.stop_asked()) return false;
      const std::chrono::duration<double> rest = end - std::chrono::steady_clock::now();
      if (rest.count() <= 0) return true;
      std::this_thread::sleep_for(std::min(rest, kNap));
    }
  }

  Network open(const SharedFile& file, Observer& observer) {
    std::vector<std::string> warnings;
    Network network = open_network(flags_.generate, file, options_.generate.compute, &warnings);
    for (const std::string& warning : warnings) observer.warn(warning);
    return network;
  }

  // A snapshot that was begun goes on with the threads that it was begun with.
  EvaluateOptions options_for(const Network& network, const std::string& path, const std::string& folder,
                              Observer& observer) {
    EvaluateOptions options = options_;
    DistanceOptions& distances = options.distances;
    for (SideOptions* side : {&distances.sample, &distances.reference, &distances.train})
      side->observer = &observer;
    options.network = path;
    options.files.outdir = folder;
    if (!options.files.grid.empty())
      options.files.grid[1] = (fs::path(folder) / options.files.grid[1]).string();
    if (share_.leads()) begin_anew_if_other(network, options);
    if (const int threads = begun_threads(folder); threads > 0 && flags_.score.shared.threads == 0)
      options.generate.compute.threads = std::min(threads, most_threads());
    return options;
  }

  // What a snapshot was begun with on another machine or by another version cannot be gone on with, and has
  // no result.
  void begin_anew_if_other(const Network& network, const EvaluateOptions& options) {
    RunSettings there = find_run_settings(options.files.outdir);
    if (there.empty()) return;
    RunSettings wanted = run_settings(options.generate, network.info());
    for (RunSettings* settings : {&there, &wanted})
      if (flags_.score.shared.threads == 0)
        std::erase_if(*settings, [](const auto& setting) { return setting.first == "threads"; });
    if (there == wanted) return;
    console_.say(options.files.outdir + ": was begun with other settings, and is begun anew");
    std::error_code ignored;
    fs::remove_all(options.files.outdir, ignored);
  }

  Report score(const Network& network, const Snapshot& snapshot, const std::string& folder,
               SnapshotConsole& console) {
    const double start = run_.seconds();
    console_.say(snapshot.path + ": into " + folder);
    const EvaluateOptions options = options_for(network, snapshot.path, folder, console);
    share_.tell_all(snapshot.path + '\0' + folder);
    Report report = evaluate(
        network, [this] { return detector_; }, options, share_, console, run_.listener(options.runs));
    console_.end_bars();
    const std::vector<ProvenanceEntry> own = run_.provenance(options, run_.seconds() - start);
    report.provenance.insert(report.provenance.end(), own.begin(), own.end());
    const auto& heard = console.warnings();
    report.warnings.insert(report.warnings.begin(), heard.begin(), heard.end());
    write_page(page_in(folder), report, snapshot.name);
    return report;
  }

  void write() const {
    const std::string page = flags_.score.html.empty() ? page_in(outdir()) : flags_.score.html;
    write_outputs({flags_.score.lines, flags_.score.shared.json, page, watch_.folder, watch_.pattern,
                   seed_text(options_.generate.seeds)},
                  results_->all());
  }

  WatchOptions watch_;
  EvalRun run_;
  const EvalFlags& flags_ = run_.flags();
  WorkShare& share_ = run_.share();
  Console& console_ = run_.console();
  EvaluateOptions options_;
  std::shared_ptr<const Detector> detector_;
  std::unique_ptr<WatchResults> results_;
  std::vector<std::string> of_all_;  // warnings that hold of every snapshot
  WatchEnd end_;
};

}  // namespace

int watch_main(int argc, char** argv) {
  CLI::App app("The scores of every snapshot that a training writes into a folder, as they come",
               "gdd-eval watch");
  WatchFlags flags;
  add_flags(app, flags);
  app.footer(kExamples);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  check_pattern(flags.watch.pattern);
  catch_interrupts();
  std::string& outdir = flags.eval.evaluate.files.outdir;
  if (outdir.empty()) outdir = default_outdir(flags.watch.folder);
  check_files(flags);
  return FolderWatch(flags).run();
}

}  // namespace gdd
