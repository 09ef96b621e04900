#include "cli/score_run.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/interrupt.h"
#include "cli/report_page.h"
#include "compute/describe.h"
#include "compute/device.h"
#include "detectors/describe_weights.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kUsualFiles[] = {
    "inception-2015-12-05.pkl",    "inception-v3-2015-12-05.pkl",
    "inception-2015-12-05.pt",     "pt_inception-2015-12-05-6726825d.pth",
    "classify_image_graph_def.pb",
};

std::string variable(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value && *value ? value : otherwise;
}

// dnnlib puts a hash before the name of what it downloads.
std::string find_in_dnnlib(const std::filesystem::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().filename().string().ends_with("_" + name)) return entry.path().string();
  return "";
}

// Empty: none.
std::string find_detector(const ScoreFlags& flags) {
  if (!flags.detector.empty()) return flags.detector;
  if (const std::string path = variable("GDD_DETECTOR", ""); !path.empty()) return path;
  const std::filesystem::path caches = std::filesystem::path(variable("HOME", "/nonexistent")) / ".cache";
  const std::filesystem::path dnnlib = variable("DNNLIB_CACHE_DIR", (caches / "dnnlib").string());
  const std::filesystem::path torch = variable("TORCH_HOME", (caches / "torch").string());
  for (const std::string name : kUsualFiles) {
    for (const std::filesystem::path& folder :
         {std::filesystem::path("all_ckpt"), std::filesystem::path("refs"), torch / "hub" / "checkpoints"})
      if (std::error_code ignored; std::filesystem::exists(folder / name, ignored))
        return (folder / name).string();
    if (const std::string path = find_in_dnnlib(dnnlib / "downloads", name); !path.empty()) return path;
  }
  return "";
}

std::string detector_path(const ScoreFlags& flags) {
  const std::string path = find_detector(flags);
  if (!path.empty()) return path;
  throw Error(
      "--detector", "no Inception weights found in $GDD_DETECTOR or all_ckpt/",
      "scripts/download.sh fetches inception-2015-12-05.pkl; --detector demo shows the way without them");
}

}  // namespace

void add_detector_flags(CLI::App& app, ScoreFlags& flags, const std::string& batch) {
  app.add_option("--detector", flags.detector,
                 "Weights of the feature network (Inception, CLIP or DINOv2; .pkl, .pt, .pth, .pb, .bin, "
                 ".safetensors), or "
                 "'demo'  [default: $GDD_DETECTOR, then all_ckpt/]")
      ->type_name("FILE");
  CLI::Option* const protocol = app.add_option("--protocol", flags.protocol, "Which tool's numbers to give");
  protocol->check(suggest(protocol_names()));
  if (!flags.protocol.empty()) protocol->capture_default_str();
  app.add_option(batch, flags.batch, "Images in the detector at once")
      ->check(whole_number(1, 65536))
      ->capture_default_str();
  app.add_option("--timeout-batch", flags.timeout_batch,
                 "Seconds a batch of a TorchScript detector may take, which may loop; 0: no limit")
      ->check(seconds_up_to(1e6))
      ->type_name("S")
      ->capture_default_str();
}

void describe_detector_precision(CLI::App& app) {
  app.get_option("--precision")
      ->description(
          "Of features that are computed, not of stored ones: default and fp32: float32; bf16: the "
          "detector's "
          "layers in bfloat16, faster and less exact; on CUDA also fp16")
      ->check(CLI::IsMember({"default", "fp32", "bf16", "fp16"}));
}

void add_source_flags(CLI::App& app, ScoreFlags& flags) {
  app.add_option("--skip-corrupt", flags.skip_corrupt, "So many damaged images may be left out, each named")
      ->check(whole_number(0))
      ->capture_default_str();
  app.add_option("--cache", flags.cache, "Folder where features are kept and found again")->type_name("DIR");
}

void add_subset_flags(CLI::App& app, ScoreFlags& flags) {
  app.add_option("--num", flags.num, "Images to use, a seeded subset if there are more  [default: all]")
      ->check(whole_number(2, std::int64_t{1} << 40));
  app.add_option("--seed", flags.seed, "Seed of that subset")->capture_default_str();
}

void add_html_flag(CLI::App& app, ScoreFlags& flags) {
  app.add_option("--html", flags.html, "Write the report as a page to look at")->type_name("FILE");
}

void add_line_flags(CLI::App& app, ResultFiles& files) {
  app.add_option("--jsonl", files.jsonl,
                 "Append the scores to FILE, a line of JSON a metric, as StyleGAN's metric-*.jsonl")
      ->type_name("FILE");
  app.add_option("--csv", files.csv, "Append the scores to FILE, a line a score, under one header")
      ->type_name("FILE");
}

ResultSource result_of_now(const std::string& snapshot, double seconds, const c10::Device& device,
                           std::int64_t processes) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return {snapshot, now.count(), seconds, device.is_cpu() ? 0 : static_cast<int>(processes)};
}

void add_report_rows_flag(CLI::App& app, ScoreFlags& flags) {
  app.add_option(
         "--report-rows", flags.report_rows,
         "Images of either side, evenly spaced, that the page's pictures and map are chosen from; 0: none")
      ->check(whole_number(0, 100'000))
      ->capture_default_str();
}

ScoreRun::ScoreRun(const ScoreFlags& flags)
    : flags_(flags), share_(open_work_share("", shared_plan(), interrupted)), console_(share_->leads()) {
  if (!share_->alone() && flags.cache.empty())
    throw Error::usage("--cache",
                       "is needed: several processes share features through it (" + share_->name() + ")",
                       "name a folder that all of them see");
  if (!share_->alone()) {  // the others hear of a Ctrl-C; alone it ends the program at once
    catch_interrupts();
    console_.set_stop([this] { return share_->stop_asked(); });
  }
  // "auto" waits until images must be measured: looking for CUDA takes time that stored features do not need.
  SharedFlags early = flags.shared;
  if (early.device == "auto") early.device = "cpu";
  flags_.layers = std::exchange(early.precision, "default");  // the detector's, once it is there
  compute_ = resolve_compute(early, *share_);
  if (flags.shared.device == "cpu") layers_of(flags_.layers, c10::kCPU);  // refuses what a CPU has not
  threads_.emplace(ComputeSwitches{.threads = compute_.threads});
}

void check_score_files(const ScoreFlags& flags, FileRoles files) {
  const char* const environment = std::getenv("GDD_DETECTOR");
  const std::string detector = !flags.detector.empty() ? flags.detector : environment ? environment : "";
  if (detector != "demo") {
    files.input("--detector", detector);
    files.input("--detector's description",
                std::filesystem::path(detector).replace_extension(".json").string());
  }
  files.output("--json", flags.shared.json);
  files.output("--html", flags.html);
  files.output("--jsonl", flags.lines.jsonl);
  files.output("--csv", flags.lines.csv);
  files.check();
  check_result_files(flags.lines);
}

std::optional<Family> named_family(const ScoreFlags& flags) {
  if (flags.detector.empty()) return std::nullopt;
  if (flags.detector == "demo") return Family::kInception;
  try {
    return recognise_family(flags.detector);
  } catch (const Error&) {  // told where it is opened
    return std::nullopt;
  }
}

bool has_detector(const ScoreFlags& flags) { return !find_detector(flags).empty(); }

std::unique_ptr<Detector> open_detector(const ScoreFlags& flags, const c10::Device& device,
                                        Console& console) {
  const std::string path = detector_path(flags);
  std::unique_ptr<Detector> detector =
      path == "demo" ? make_demo_detector() : open_detector(path, flags.timeout_batch);
  detector->to(device);
  detector->set_layers(layers_of(flags.layers, device, flags.layers_flag));
  if (detector->layers() != c10::kFloat && !has_fast_bfloat16(device))
    console.warn(slow_text(flags.layers_flag));
  if (const std::string doubt = detector->doubt(); !doubt.empty()) console.warn(path + ": " + doubt);
  console.say("detector " + detector->name() + (path == "demo" ? "" : " from " + path));
  return detector;
}

std::unique_ptr<Detector> ScoreRun::open_detector() {
  compute_.device = resolve_device(flags_.shared.device, share_->local_rank());
  measures_ = true;
  compute_.layers = layers_of(flags_.layers, compute_.device);
  std::unique_ptr<Detector> detector = gdd::open_detector(flags_, compute_.device, console_);
  if (flags_.protocol.empty()) flags_.protocol = default_protocol(detector->family()).name;
  return detector;
}

OpenDetector ScoreRun::opener(FeatureInput* reference) {
  return [this, reference] {
    std::unique_ptr<Detector> detector = open_detector();
    if (reference) reference->prefer(detector->family());
    return detector;
  };
}

void ScoreRun::complete(DistanceOptions& options) {
  options.protocol = flags_.protocol;
  options.sample = sample_options();
  options.reference = side_options("reference");
  options.train = side_options("training set");
  // --device, where that is not the CPU; of "auto" it is known once a detector was opened.
  if (!compute_.device.is_cpu()) options.device = compute_.device;
  if (!flags_.html.empty()) options.shown_rows = flags_.report_rows;
}

SideOptions ScoreRun::side_options(const std::string& what) {
  SideOptions options;
  options.extract.request.protocol = flags_.protocol;
  options.extract.batch = flags_.batch;
  options.extract.what = what;
  options.selection.skip_corrupt = flags_.skip_corrupt;
  options.cache = flags_.cache;
  options.share = share_.get();
  options.observer = &console_;
  return options;
}

SideOptions ScoreRun::sample_options() {
  SideOptions options = side_options("images");
  options.selection.num = flags_.num;
  options.selection.seed = flags_.seed;
  return options;
}

void finish_report(Report& report, const Console& console, const std::vector<ProvenanceEntry>& own,
                   const std::string& json) {
  for (const std::string& warning : report.warnings) log_warning(warning);
  report.warnings.insert(report.warnings.begin(), console.warnings().begin(), console.warnings().end());
  report.provenance.insert(report.provenance.end(), own.begin(), own.end());
  if (!json.empty()) write_file_atomically(json, as_bytes(to_json(report)));
}

std::vector<ProvenanceEntry> ScoreRun::provenance() const {
  Compute compute = compute_;
  compute.tf32 = false;  // features are float32 everywhere
  std::vector<ProvenanceEntry> entries = describe(compute);
  entries.push_back({"precision", measures_ ? feature_precision(compute_.layers)
                                            : "features as they are stored, float64 statistics"});
  if (!share_->alone()) entries.push_back({"share", share_->name()});
  if (!console_.notes().empty()) entries.push_back({"inputs.notes", console_.notes()});
  entries.push_back({"seconds", std::to_string(seconds()), true});
  if (flags_.num > 0) entries.push_back({"seeds.subset", std::to_string(flags_.seed), true});
  return entries;
}

double ScoreRun::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ScoreRun::finish(Report& report, const std::string& text) {
  if (leads()) print_now(text);
  share_->finish();
  if (!leads()) return;
  finish_report(report, console_, provenance(), flags_.shared.json);
  append_results(flags_.lines, report, result_of_now("", seconds(), compute_.device, share_->processes()));
  if (!flags_.html.empty())
    write_page(flags_.html, report, command_line().substr(0, command_line().find(' ')));
}

}  // namespace gdd
