#include "cli/sample.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/console.h"
#include "cli/generate_flags.h"
#include "cli/interrupt.h"
#include "cli/shared_flags.h"
#include "compute/compute_scope.h"
#include "compute/describe.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "gdd/report.h"
#include "generation/sample_images.h"
#include "networks/network.h"

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
  GenerateFlags generate;
  OutputFiles outputs;
};

void add_flags(CLI::App& app, SampleFlags& flags) {
  add_generate_flags(app, flags.generate);
  app.get_option("--network")->required();
  app.add_option(
         "--outdir", flags.outputs.outdir,
         "Folder for {seed}.png and image_pack.npz; the same command again continues a run that ended early")
      ->type_name("DIR");
  app.add_option("--zip", flags.outputs.zip,
                 "Also write a data set as EDM's dataset_tool.py: PNG and dataset.json")
      ->type_name("FILE.zip");
  add_grid_flags(app, flags.outputs);
  app.add_option(
         "--save-float", flags.outputs.save_float,
         "Also keep images before quantisation: float64 [N,C,H,W] as `images`; of a network over latents "
         "without --vae those: float32 as `latents`")
      ->type_name("FILE.npz");
  add_shared_flags(app, flags.shared);
}

void check_outputs(const OutputFiles& files) {
  if (files.outdir.empty() && files.grid.empty() && files.zip.empty() && files.save_float.empty())
    throw Error::usage("gdd-sample", "expected somewhere to put the images",
                       "give --outdir DIR, --zip FILE.zip, --grid RxC FILE.png or --save-float FILE.npz");
  check_grid(files.grid);
}

void write_report(const SampleFlags& flags, const GenerateOptions& options, const NetworkInfo& info,
                  double seconds, const std::vector<std::string>& warnings, const WorkShare& share) {
  if (flags.shared.json.empty()) return;
  Report report;
  report.warnings = warnings;
  report.provenance = describe(options.compute);
  report.provenance.push_back({"precision", precision_of(options, info)});
  const std::vector<ProvenanceEntry> run = describe(options, flags.generate.network, info);
  report.provenance.insert(report.provenance.end(), run.begin(), run.end());
  if (!share.alone()) report.provenance.push_back({"share", share.name()});
  report.provenance.push_back({"seconds", std::to_string(seconds), true});
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
             duration_text(seconds) + ", " + rate + ", on " + options.compute.device.str());
  }
  if (!share.leads()) return;
  if (!options.preset.empty()) log_info("preset " + preset_text(options));
  if (!flags.outputs.outdir.empty()) std::printf("%s\n", flags.outputs.outdir.c_str());
  if (!flags.outputs.zip.empty()) std::printf("%s\n", flags.outputs.zip.c_str());
  if (!flags.outputs.grid.empty()) std::printf("%s\n", flags.outputs.grid[1].c_str());
}

// What a share of the work cannot give: only the folder is common to all processes.
void check_shared(const SampleFlags& flags, const WorkShare& share) {
  if (share.alone()) return;
  if (flags.outputs.outdir.empty())
    throw Error::usage("--outdir", "is needed when several processes share the work (" + share.name() + ")");
  if (!flags.outputs.save_float.empty())
    throw Error::usage("--save-float", "takes every image in one process, found " + share.name());
}

// A function of its own: in a longer one GCC 12 forgets what `made` was before the exception.
Made sample_until_stopped(const OutputFiles& files, const GenerateOptions& options, const Network& network,
                          WorkShare& share, Observer& observer) {
  try {
    return sample_images(files, options, network, share, observer);
  } catch (const Stopped&) {  // while it waited for others: not done
    return {};
  }
}

int run(SampleFlags flags) {
  check_outputs(flags.outputs);
  GenerateOptions options = read_generate_options(flags.generate);
  run_files(flags.generate, flags.outputs, flags.shared.json).check();
  const std::unique_ptr<WorkShare> share = open_work_share(flags.generate.shard, shared_plan(), interrupted);
  check_shared(flags, *share);
  adopt_threads(flags.outputs.outdir, *share, flags.shared);
  options.compute = resolve_compute(flags.shared, *share);
  const ComputeScope scope({.threads = options.compute.threads});
  std::vector<std::string> warnings;
  const Network network = open_network(flags.generate, options.compute, &warnings);
  open_companions(flags.generate, options, &warnings);
  Console console(share->speaks());
  for (const std::string& warning : warnings) console.warn(warning);
  console.set_stop([&] { return share->stop_asked(); });

  const auto start = std::chrono::steady_clock::now();
  const Made made = sample_until_stopped(flags.outputs, options, network, *share, console);
  console.end_bars();
  share->finish();
  if (!made.done) {
    log_warning(flags.outputs.outdir.empty() ? "stopped; nothing is kept without --outdir"
                                             : "stopped; finished images stay in " + flags.outputs.outdir +
                                                   ": the same command again continues");
    return interrupted_exit_code();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (share->speaks()) write_report(flags, options, network.info(), seconds, warnings, *share);
  tell(flags, options, made, seconds, *share);
  if (!flags.generate.shard.empty() && !share->alone())
    log_info("when every shard is done, the same command without --shard writes image_pack.npz and the rest");
  return 0;
}

}  // namespace

int sample_main(int argc, char** argv) {
  CLI::App app("Images from the seeds of a checkpoint of GDD or another family that gdd-convert --show knows",
               "gdd-sample");
  SampleFlags flags;
  add_flags(app, flags);
  app.footer(kExamples);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  catch_interrupts();
  return run(flags);
}

}  // namespace gdd
