#include "cli/generate_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/seeds.h"
#include "gdd/error.h"
#include "generation/image_parts.h"
#include "images/seed_names.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

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

// outdir/000123.png, or outdir/000000/000123.png.
bool is_image_of(const std::string& path, const std::string& outdir) {
  const std::filesystem::path name = std::filesystem::absolute(path).lexically_normal();
  const std::filesystem::path folder =
      std::filesystem::absolute(outdir + "/.").lexically_normal().parent_path();
  return is_seed_number(name.stem().string()) && name.extension() == ".png" &&
         (name.parent_path() == folder || name.parent_path().parent_path() == folder);
}

}  // namespace

void add_generate_flags(CLI::App& app, GenerateFlags& flags) {
  app.add_option("--network", flags.network, "Checkpoint: a snapshot (.pkl) or a converted file (.pt)")
      ->type_name("FILE");
  app.add_option("--seeds", flags.seeds, "Random seeds, e.g. 1,2,5-10")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_flag("--subdirs", flags.subdirs, "A subfolder for every 1000 seeds");
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
  app.add_option("--rng", flags.rng,
                 "Random stream: cpu, cuda (on any device), cuda:SMSxTHREADS  [default: the device's own]");
  add_sampler_flags(app, flags.sampler);
}

void add_grid_flags(CLI::App& app, OutputFiles& files) {
  app.add_option("--grid", files.grid, "Also draw a grid, e.g. --grid 8x8 grid.png")
      ->expected(2)
      ->type_name("RxC FILE.png");
  app.add_option("--captions", files.captions, "Below each image of the grid: none, seeds or labels")
      ->check(CLI::IsMember({"none", "seeds", "labels"}))
      ->capture_default_str();
}

GenerateOptions read_generate_options(const GenerateFlags& flags) {
  check_options(flags.sampler);
  GenerateOptions options;
  options.seeds = parse_seed_list(flags.seeds);
  options.batch = flags.batch;
  if (!flags.classes.empty()) options.classes = parse_int_list(flags.classes, "--class");
  options.sampler = flags.sampler;
  options.rng = flags.rng;
  options.subdirs = flags.subdirs;
  rng_name(options.rng, c10::kCPU);  // refuses an unknown one
  return options;
}

void adopt_threads(const std::string& outdir, const WorkShare& share, SharedFlags& flags) {
  const bool follows = share.local_rank() && !share.leads();
  if (outdir.empty() || flags.threads > 0 || follows) return;
  flags.threads = std::min(begun_threads(outdir), most_threads());
}

FileRoles run_files(const GenerateFlags& flags, const OutputFiles& files, const std::string& json) {
  FileRoles roles;
  roles.input("--network", flags.network);
  if (!files.outdir.empty()) roles.output("--outdir's image_pack.npz", files.outdir + "/image_pack.npz");
  const std::string grid = files.grid.empty() ? "" : files.grid[1];
  roles.output("--zip", files.zip);
  roles.output("--grid", grid);
  roles.output("--save-float", files.save_float);
  roles.output("--json", json);
  for (const std::string& path : {files.zip, grid, files.save_float, json})
    if (!path.empty() && !files.outdir.empty() && is_image_of(path, files.outdir))
      throw Error::usage("--outdir", "'" + path + "' has the name of one of the images in it",
                         "name another file");
  return roles;
}

}  // namespace gdd
