#include "cli/score_run.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/version.h"
#include "gdd/error.h"
#include "random/device.h"

namespace gdd {
namespace {

constexpr const char* kUsualFiles[] = {
    "inception-2015-12-05.pkl",    "inception-v3-2015-12-05.pkl",
    "inception-2015-12-05.pt",     "pt_inception-2015-12-05-6726825d.pth",
    "classify_image_graph_def.pb",
};

std::string detector_path(const ScoreFlags& flags) {
  if (!flags.detector.empty()) return flags.detector;
  if (const char* path = std::getenv("GDD_DETECTOR"); path && *path) return path;
  for (const char* name : kUsualFiles) {
    const std::filesystem::path path = std::filesystem::path("all_ckpt") / name;
    if (std::filesystem::exists(path)) return path.string();
  }
  throw Error(
      "--detector", "no Inception weights found in $GDD_DETECTOR or all_ckpt/",
      "scripts/download.sh fetches inception-2015-12-05.pkl; --detector demo shows the way without them");
}

}  // namespace

void add_detector_flags(CLI::App& app, ScoreFlags& flags) {
  app.add_option(
         "--detector", flags.detector,
         "Weights of the feature network (.pkl, .pt, .pth, .pb), or 'demo'  [default: $GDD_DETECTOR, then "
         "all_ckpt/]")
      ->type_name("FILE");
  app.add_option("--protocol", flags.protocol, "Which tool's numbers to give")->capture_default_str();
  app.add_option("--batch", flags.batch, "Images at once")
      ->check(whole_number(1, 65536))
      ->capture_default_str();
  app.add_option("--timeout-batch", flags.timeout_batch,
                 "Seconds a batch of a TorchScript detector may take, which may loop; 0: no limit")
      ->check(seconds_up_to(1e6))
      ->type_name("S")
      ->capture_default_str();
  app.add_option("--skip-corrupt", flags.skip_corrupt, "So many damaged images may be left out, each named")
      ->check(whole_number(0))
      ->capture_default_str();
  app.add_option("--cache", flags.cache, "Folder where features are kept and found again")->type_name("DIR");
  add_shared_flags(app, flags.shared);
}

void add_subset_flags(CLI::App& app, ScoreFlags& flags) {
  app.add_option("--num", flags.num, "Images to use, a seeded subset if there are more  [default: all]")
      ->check(whole_number(2, std::int64_t{1} << 40));
  app.add_option("--seed", flags.seed, "Seed of that subset")->capture_default_str();
}

ScoreRun::ScoreRun(const ScoreFlags& flags)
    : flags_(flags),
      share_(open_work_share("", shared_plan())),
      threads_(apply_threads(flags.shared.threads)) {
  if (!share_->alone() && flags.cache.empty())
    throw Error::usage("--cache",
                       "is needed: several processes share features through it (" + share_->name() + ")",
                       "name a folder that all of them see");
  // "auto" waits until images must be measured: looking for CUDA takes time that stored features do not need.
  if (flags.shared.device != "auto") device_ = resolve_device(flags.shared.device).str();
}

void ScoreRun::check_files(FileRoles files) const {
  const char* const environment = std::getenv("GDD_DETECTOR");
  const std::string detector = !flags_.detector.empty() ? flags_.detector : environment ? environment : "";
  if (detector != "demo") {
    files.input("--detector", detector);
    files.input("--detector's description",
                std::filesystem::path(detector).replace_extension(".json").string());
  }
  files.output("--json", flags_.shared.json);
  files.check();
}

std::unique_ptr<Detector> ScoreRun::open_detector() {
  const std::string path = detector_path(flags_);
  c10::Device device = resolve_device(flags_.shared.device);
  if (share_->local_rank() && device.is_cuda() && flags_.shared.device.find(':') == std::string::npos)
    device = resolve_device("cuda:" + std::to_string(*share_->local_rank()));
  device_ = device.str();
  precision_ = apply_precision(flags_.shared.precision, device);
  std::unique_ptr<Detector> detector =
      path == "demo" ? make_demo_detector() : gdd::open_detector(path, flags_.timeout_batch);
  detector->to(device);
  if (share_->leads()) log_info("detector " + detector->name() + (path == "demo" ? "" : " from " + path));
  return detector;
}

SideOptions ScoreRun::side_options(const std::string& what) {
  SideOptions options;
  options.extract.request.protocol = flags_.protocol;
  options.extract.batch = flags_.batch;
  options.share = share_.get();
  if (share_->leads()) options.extract.progress = progress(what, "images");
  options.selection.skip_corrupt = flags_.skip_corrupt;
  options.cache = flags_.cache;
  if (!flags_.cache.empty() && share_->leads()) options.hash_progress = progress("reading " + what, "images");
  options.extract.warn = [this](const std::string& message) {
    if (!share_->leads()) return;
    log_warning(message);
    warnings_.push_back(message);
  };
  options.extract.note = [this](const std::string& message) {
    if (!share_->leads()) return;
    log_info(message);
    notes_ += (notes_.empty() ? "" : "; ") + message;
  };
  return options;
}

Progress ScoreRun::progress(const std::string& what, const std::string& unit) {
  return bars_.emplace_back(what, unit).callback();
}

SideOptions ScoreRun::sample_options() {
  SideOptions options = side_options("images");
  options.selection.num = flags_.num;
  options.selection.seed = flags_.seed;
  return options;
}

void ScoreRun::finish(Report& report) {
  share_->finish();
  if (!share_->leads()) return;
  for (const std::string& warning : report.warnings) log_warning(warning);
  report.warnings.insert(report.warnings.begin(), warnings_.begin(), warnings_.end());
  report.provenance.push_back({"versions.gdd", suite_version()});
  report.provenance.push_back({"versions.torch", torch_version()});
  report.provenance.push_back({"device", device_});
  if (!notes_.empty()) report.provenance.push_back({"inputs", notes_});
  report.provenance.push_back({"threads", std::to_string(threads_), true});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  report.provenance.push_back({"seconds", std::to_string(seconds.count()), true});
  report.provenance.push_back({"precision", precision_ + " features, float64 statistics"});
  if (flags_.num > 0) report.provenance.push_back({"seeds.subset", std::to_string(flags_.seed), true});
  if (!flags_.shared.json.empty()) write_file_atomically(flags_.shared.json, as_bytes(to_json(report)));
}

}  // namespace gdd
