#include "cli/sample.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/seeds.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/sample_outputs.h"
#include "cli/sample_work.h"
#include "cli/shared_flags.h"
#include "cli/version.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "gdd/report.h"
#include "networks/network.h"
#include "pipeline/generate_images.h"
#include "random/device.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  # 50 000 images as out/000000/000000.png ..., and out/image_pack.npz
  gdd-sample --network all_ckpt/cifar_uncond_gdd_i.pkl --outdir out --seeds 0-49999 --subdirs

  # a look at it, nothing else
  gdd-sample --network all_ckpt/gdd-demo.pkl --seeds 0-63 --grid 8x8 preview.png

  # one column a class
  gdd-sample --network all_ckpt/cifar_cond_gdd_i.pkl --seeds 0-99 --class 0-9 --grid 10x10 classes.png
)";

struct SampleFlags {
  SharedFlags shared;
  OutputFlags outputs;
  std::string network, seeds = "0-63", classes, rng, save_float, shard;
  std::int64_t batch = 64;
  bool ema = true;
  SamplerOptions sampler;
};

void add_output_flags(CLI::App& app, SampleFlags& flags) {
  app.add_option("--network", flags.network, "Checkpoint: a snapshot (.pkl) or a converted file (.pt)")
      ->required()
      ->type_name("FILE");
  app.add_option(
         "--outdir", flags.outputs.outdir,
         "Folder for {seed}.png and image_pack.npz; the same command again continues a run that ended early")
      ->type_name("DIR");
  app.add_option("--seeds", flags.seeds, "Random seeds, e.g. 1,2,5-10")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_flag("--subdirs", flags.outputs.subdirs, "A subfolder for every 1000 seeds");
  app.add_option("--class", flags.classes,
                 "Class of every image, or a list that images take in turn  [default: drawn from each seed]")
      ->type_name("LIST");
  app.add_option("--batch", flags.batch, "Maximum batch size")
      ->check(whole_number(1, std::int64_t{1} << 20))
      ->capture_default_str();
  app.add_option("--shard", flags.shard,
                 "Only part i of n, for job arrays; ranks of torchrun or srun share by themselves")
      ->type_name("i/n");
  app.add_option("--ema", flags.ema, "Use the averaged weights; false: the raw ones")->capture_default_str();
  app.add_option("--zip", flags.outputs.zip,
                 "Also write a data set as EDM's dataset_tool.py: PNG and dataset.json")
      ->type_name("FILE.zip");
  app.add_option("--grid", flags.outputs.grid, "Also draw a grid, e.g. --grid 8x8 grid.png")
      ->expected(2)
      ->type_name("RxC FILE.png");
  app.add_option("--captions", flags.outputs.captions, "Below each image of the grid: none, seeds or labels")
      ->check(CLI::IsMember({"none", "seeds", "labels"}))
      ->capture_default_str();
  app.add_option("--save-float", flags.save_float, "Also keep images before quantisation: float64 [N,C,H,W]")
      ->type_name("FILE.npz");
  app.add_option("--rng", flags.rng,
                 "Random stream: cpu, cuda (on any device), cuda:SMSxTHREADS  [default: the device's own]");
}

void add_sampler_flags(CLI::App& app, SamplerOptions& sampler) {
  app.add_option("--sampler", sampler.sampler, "one_step, two_step, multi_step, edm or consistency")
      ->capture_default_str();
  app.add_option("--steps", sampler.num_steps, "Number of sampling steps")->capture_default_str();
  app.add_option("--sigma_min", sampler.sigma_min, "Lowest noise level  [default: 0.002]");
  app.add_option("--sigma_max", sampler.sigma_max, "Highest noise level  [default: 80]");
  app.add_option("--rho", sampler.rho, "Time step exponent")->capture_default_str();
  app.add_option("--S_churn", sampler.S_churn, "edm: stochasticity strength")->capture_default_str();
  app.add_option("--S_min", sampler.S_min, "edm: stochasticity above this noise level")
      ->capture_default_str();
  app.add_option("--S_max", sampler.S_max, "edm: stochasticity below this noise level")
      ->capture_default_str();
  app.add_option("--S_noise", sampler.S_noise, "edm: noise inflation")->capture_default_str();
  app.add_option("--middle", sampler.middle, "two_step: noise level between the steps")
      ->capture_default_str();
  app.add_option("--mid_t", sampler.mid_t, "consistency: noise level between steps, repeatable")->take_all();
  app.add_option("--solver", sampler.solver, "edm ablation: euler or heun");
  app.add_option("--disc", sampler.discretization, "edm ablation: time steps, vp, ve, iddpm or edm");
  app.add_option("--schedule", sampler.schedule, "edm ablation: noise schedule, vp, ve or linear");
  app.add_option("--scaling", sampler.scaling, "edm ablation: signal scaling, vp or none");
  app.add_option("--alpha", sampler.alpha, "edm ablation: Heun's midpoint, above 0");
}

GenerateOptions read_options(const SampleFlags& flags) {
  check_outputs(flags.outputs, flags.save_float);
  check_options(flags.sampler);
  GenerateOptions options;
  options.seeds = parse_seed_list(flags.seeds);
  options.batch = flags.batch;
  if (!flags.classes.empty()) options.classes = parse_int_list(flags.classes, "--class");
  options.sampler = flags.sampler;
  options.rng = flags.rng;
  options.device = resolve_device(flags.shared.device);
  options.save_float = flags.save_float;
  rng_name(options.rng, options.device);
  return options;
}

void write_report(const SampleFlags& flags, const GenerateOptions& options, const NetworkInfo& info,
                  int threads, double seconds, const std::vector<std::string>& warnings) {
  if (flags.shared.json.empty()) return;
  Report report;
  report.warnings = warnings;
  report.provenance = {
      {"versions.gdd", suite_version()},
      {"versions.torch", torch_version()},
      {"device", options.device.str()},
      {"threads", std::to_string(threads), true},
      {"precision", options.precision},
      {"rng", rng_name(options.rng, options.device)},
      {"seeds", flags.seeds},
      {"num_images", std::to_string(options.seeds.size()), true},
      {"batch", std::to_string(options.batch), true},
      {"class", flags.classes.empty() ? "drawn" : flags.classes},
      {"network.file", flags.network},
      {"network.precond", info.precond},
      {"network.model", info.model},
      {"network.weights", info.weights},
      {"hashes.snapshot", info.snapshot_sha256},
      {"seconds", std::to_string(seconds), true},
  };
  for (const SamplerSetting& setting : describe_options(options.sampler))
    report.provenance.push_back({"sampler." + setting.name, setting.value, setting.is_number});
  write_file_atomically(flags.shared.json, as_bytes(to_json(report)));
}

void tell(const SampleFlags& flags, const GenerateOptions& options, const Made& made, double seconds,
          const WorkShare& share) {
  const std::size_t count = options.seeds.size();
  if (made.images == 0 && !share.alone()) {
    log_info(share.name() + ": nothing was left to do");
  } else if (made.images == 0) {
    log_info("nothing to compute: all " + std::to_string(count) + " images are in " + flags.outputs.outdir);
  } else {
    char rate[64];
    std::snprintf(rate, sizeof(rate), "%.1f images/s", static_cast<double>(made.images) / seconds);
    log_info((share.alone() ? "" : share.name() + ": ") + std::to_string(made.images) + " images in " +
             duration_text(seconds) + ", " + rate + ", on " + options.device.str());
  }
  if (!share.leads()) return;
  if (!flags.outputs.outdir.empty()) std::printf("%s\n", flags.outputs.outdir.c_str());
  if (!flags.outputs.zip.empty()) std::printf("%s\n", flags.outputs.zip.c_str());
  if (!flags.outputs.grid.empty()) std::printf("%s\n", flags.outputs.grid[1].c_str());
}

// What a share of the work cannot give: only the folder is common to all processes.
void check_shared(const SampleFlags& flags, const WorkShare& share) {
  if (share.alone()) return;
  if (flags.outputs.outdir.empty())
    throw Error::usage("--outdir", "is needed when several processes share the work (" + share.name() + ")");
  if (!flags.save_float.empty())
    throw Error::usage("--save-float", "takes every image in one process, found " + share.name());
}

int run(const SampleFlags& flags) {
  GenerateOptions options = read_options(flags);
  sample_files(flags.outputs, flags.network, flags.save_float, flags.shared.json).check();
  const std::unique_ptr<WorkShare> share = open_work_share(flags.shard, shared_plan(), interrupted);
  check_shared(flags, *share);
  if (share->local_rank() && options.device.is_cuda() && flags.shared.device.find(':') == std::string::npos)
    options.device = resolve_device("cuda:" + std::to_string(*share->local_rank()));
  options.precision = apply_precision(flags.shared.precision, options.device);
  const int threads = apply_threads(flags.shared.threads);
  std::vector<std::string> warnings;
  Network network = Network::open(flags.network, flags.ema, &warnings);
  if (share->speaks())
    for (const std::string& warning : warnings) log_warning(warning);
  network.to(options.device);
  options.allow_half = flags.shared.precision == "default";
  if (runs_in_half(options, network.info())) options.precision += ", U-Net in half precision";

  const auto start = std::chrono::steady_clock::now();
  Made made;
  {
    ProgressBar bar("sampling", "images");
    if (share->speaks()) options.progress = bar.callback();
    options.stop = [&] { return share->stop_asked(); };
    try {
      made = generate(flags.outputs, options, network, *share);
    } catch (const Stopped&) {  // while it waited for others: not done
    }
  }
  share->finish();
  if (!made.done) {
    log_warning(flags.outputs.outdir.empty() ? "stopped; nothing is kept without --outdir"
                                             : "stopped; finished images stay in " + flags.outputs.outdir +
                                                   ": the same command again continues");
    return interrupted_exit_code();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (share->speaks()) write_report(flags, options, network.info(), threads, seconds, warnings);
  tell(flags, options, made, seconds, *share);
  if (!flags.shard.empty() && !share->alone())
    log_info("when every shard is done, the same command without --shard writes image_pack.npz and the rest");
  return 0;
}

}  // namespace

int sample_main(int argc, char** argv) {
  CLI::App app("Images from the seeds of a GDD, D2O, EDM, SiD or ECT checkpoint", "gdd-sample");
  SampleFlags flags;
  add_output_flags(app, flags);
  add_sampler_flags(app, flags.sampler);
  add_shared_flags(app, flags.shared);
  app.footer(kExamples);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  catch_interrupts();
  return run(flags);
}

}  // namespace gdd
