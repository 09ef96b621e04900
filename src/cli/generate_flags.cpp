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

constexpr std::int64_t kEdm2Steps = 32, kEdm2Batch = 32;  // EDM2 generate_images.py
constexpr std::int64_t kOpenAISteps = 40;                 // OpenAI's image_sample.py
constexpr std::int64_t kSteps = 18, kBatch = 64;          // GDD generate.py

// What a shell makes of a variable that is not set is no wish for none.
CLI::Validator some_file() {
  return {[](std::string& path) -> std::string {
            return path.empty() ? "expected a file, found an empty name" : "";
          },
          ""};
}

void add_sampler_flags(CLI::App& app, GenerateFlags& flags) {
  SamplerOptions& sampler = flags.sampler;
  app.add_option("--sampler", flags.sampler_name,
                 "one_step, two_step, multi_step, edm, edm2 or consistency  [default: one_step]")
      ->check(suggest(sampler_names()));
  app.add_option("--preset", flags.preset,
                 "Sampler, labels and bytes of those who published a network: " + preset_names())
      ->check(suggest(CLI::detail::split_up(preset_names(), ',')));
  app.add_option("--steps", flags.steps, "Number of sampling steps  [default: 18; edm2: 32]");
  app.add_option("--sigma_min", sampler.sigma_min, "Lowest noise level  [default: 0.002]");
  app.add_option("--sigma_max", sampler.sigma_max, "Highest noise level  [default: 80]");
  app.add_option("--rho", sampler.rho, "Time step exponent")->capture_default_str();
  app.add_option("--S_churn", sampler.S_churn, "edm, edm2: stochasticity strength")->capture_default_str();
  app.add_option("--S_min", sampler.S_min, "edm, edm2: stochasticity above this noise level")
      ->capture_default_str();
  app.add_option("--S_max", sampler.S_max, "edm, edm2: stochasticity below this noise level")
      ->capture_default_str();
  app.add_option("--S_noise", sampler.S_noise, "edm, edm2: noise inflation")->capture_default_str();
  app.add_option("--middle", sampler.middle, "two_step: noise level between the steps")
      ->capture_default_str();
  app.add_option("--mid_t", sampler.mid_t, "consistency: noise level between steps, repeatable")->take_all();
  app.add_option("--gnet", flags.gnet, "edm2: the network that guides (its averaged weights)")
      ->check(some_file())
      ->type_name("FILE");
  app.add_option("--guidance", flags.guidance, "edm2: by how much it guides; 1: not at all");
  app.add_option("--ts", flags.ts, "preset openai-cm: levels to go through, e.g. 0,22,39 with --steps 40")
      ->type_name("LIST");
  app.add_option("--solver", sampler.solver, "edm ablation: euler or heun")
      ->check(suggest({"euler", "heun"}));
  app.add_option("--disc", sampler.discretization, "edm ablation: time steps, vp, ve, iddpm or edm")
      ->check(suggest({"vp", "ve", "iddpm", "edm"}));
  app.add_option("--schedule", sampler.schedule, "edm ablation: noise schedule, vp, ve or linear")
      ->check(suggest({"vp", "ve", "linear"}));
  app.add_option("--scaling", sampler.scaling, "edm ablation: signal scaling, vp or none")
      ->check(suggest({"vp", "none"}));
  app.add_option("--alpha", sampler.alpha, "edm ablation: Heun's midpoint, above 0");
}

constexpr std::string_view kOfGuide = "gnet.";  // --assume gnet.KEY=VALUE

// What --assume says of the guide (true), without the prefix, or of the network itself.
std::vector<std::string> said_of(bool guide, const GenerateFlags& flags) {
  std::vector<std::string> texts;
  for (const std::string& text : flags.assumed)
    if (text.starts_with(kOfGuide) == guide) texts.push_back(guide ? text.substr(kOfGuide.size()) : text);
  return texts;
}

// The sampler with what a preset says of it.
SamplerOptions read_sampler(const GenerateFlags& flags) {
  SamplerOptions sampler = flags.sampler;
  const std::string preset = flags.preset.empty() ? "" : find_preset(flags.preset).sampler;
  if (!preset.empty() && flags.sampler_name)
    throw Error::usage("--sampler", "--preset " + flags.preset + " has its own", "give one of the two");
  sampler.sampler = !preset.empty() ? preset : flags.sampler_name.value_or(sampler.sampler);
  const std::int64_t steps = sampler.sampler == "edm2"        ? kEdm2Steps
                             : sampler.sampler == "openai_cm" ? kOpenAISteps
                                                              : kSteps;
  sampler.num_steps = flags.steps.value_or(steps);
  sampler.guidance = flags.guidance.value_or(1);
  if (!flags.ts.empty()) sampler.ts = parse_int_list(flags.ts, "--ts");
  if (!flags.gnet.empty() && !flags.guidance)
    throw Error::usage("--gnet", "guides by as much as --guidance says", "give --guidance too");
  if (sampler.guidance != 1 && flags.gnet.empty())
    throw Error::usage("--guidance", "needs the network that guides", "give --gnet FILE");
  if (flags.gnet.empty() && !said_of(true, flags).empty())
    throw Error::usage("--assume " + std::string(kOfGuide) + said_of(true, flags).front(),
                       "needs the network that guides", "give --gnet FILE");
  return sampler;
}

// outdir/000123.png, or outdir/000000/000123.png.
bool is_image_of(const std::string& path, const std::string& outdir) {
  const std::filesystem::path name = std::filesystem::absolute(path).lexically_normal();
  const std::filesystem::path folder =
      std::filesystem::absolute(outdir + "/.").lexically_normal().parent_path();
  return is_seed_number(name.stem().string()) && name.extension() == ".png" &&
         (name.parent_path() == folder || name.parent_path().parent_path() == folder);
}

void open_guide(const GenerateFlags& flags, GenerateOptions& options, std::vector<std::string>* warnings) {
  if (flags.gnet.empty() || options.sampler.guidance == 1) return;
  options.gnet = Network::open(flags.gnet, /*ema=*/true, warnings, Assumptions(said_of(true, flags)));
  options.gnet->to(options.compute);
  options.gnet_file = flags.gnet;
}

void open_vae(const GenerateFlags& flags, GenerateOptions& options) {
  if (flags.vae.empty()) return;
  options.vae = VaeDecoder::open(flags.vae);
  options.vae->to(options.compute);
  options.vae_file = flags.vae;
}

}  // namespace

void add_generate_flags(CLI::App& app, GenerateFlags& flags) {
  app.add_option("--network", flags.network, "Checkpoint: a snapshot (.pkl) or a converted file (.pt)")
      ->check(some_file())
      ->type_name("FILE");
  app.add_option("--vae", flags.vae,
                 "Makes pictures of a network's latents (EDM2, DDO, SiDA at 512x512): sd-vae-ft-mse's "
                 "diffusion_pytorch_model.safetensors or .bin")
      ->check(some_file())
      ->type_name("FILE");
  app.add_option("--seeds", flags.seeds, "Random seeds, e.g. 1,2,5-10")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_flag("--subdirs", flags.subdirs, "A subfolder for every 1000 seeds");
  app.add_option("--class", flags.classes,
                 "Class of every image, or a list that images take in turn  [default: drawn from each seed]")
      ->type_name("LIST");
  app.add_option("--batch", flags.batch, "Maximum batch size  [default: 64; edm2: 32]")
      ->check(whole_number(1, std::int64_t{1} << 20));
  app.add_option("--shard", flags.shard,
                 "Only part i of n, for job arrays; ranks of torchrun or srun share by themselves")
      ->type_name("i/n");
  app.add_option("--ema", flags.ema, "Use the averaged weights; false: the raw ones")->capture_default_str();
  app.add_option("--rng", flags.rng,
                 "Random stream: cpu, cuda (on any device), cuda:SMSxTHREADS  [default: the device's own]")
      ->check(suggest({"cpu", "cuda"}));
  add_assume_flag(app, flags.assumed, "; of the guide's file gnet.KEY=VALUE");
  add_sampler_flags(app, flags);
}

void add_assume_flag(CLI::App& app, std::vector<std::string>& assumed, const std::string& more) {
  app.add_option("--assume", assumed,
                 "What the network's file leaves open, repeatable: ecm=ect or tcm; of a bare state dict "
                 "image_size, num_head_channels, num_heads, training_mode" +
                     more)
      ->type_name("KEY=VALUE")
      ->take_all();
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
  GenerateOptions options;
  options.sampler = read_sampler(flags);
  check_options(options.sampler);
  if (!flags.preset.empty()) {
    const Preset& preset = find_preset(flags.preset);
    options.preset = flags.preset;
    options.quantisation = preset.quantisation;
    options.labels_in_order = preset.labels_in_order;
  }
  options.seeds = parse_seed_list(flags.seeds);
  options.batch = flags.batch.value_or(options.sampler.sampler == "edm2" ? kEdm2Batch : kBatch);
  if (!flags.classes.empty()) options.classes = parse_int_list(flags.classes, "--class");
  options.rng = flags.rng;
  options.subdirs = flags.subdirs;
  rng_name(options.rng, c10::kCPU);  // refuses an unknown one
  return options;
}

Assumptions assumed_of_network(const GenerateFlags& flags) { return Assumptions(said_of(false, flags)); }

Network open_network(const GenerateFlags& flags, const Compute& compute, std::vector<std::string>* warnings) {
  Network network = Network::open(flags.network, flags.ema, warnings, assumed_of_network(flags));
  network.to(compute);
  return network;
}

Network open_network(const GenerateFlags& flags, const std::shared_ptr<const MappedFile>& file,
                     const Compute& compute, std::vector<std::string>* warnings) {
  Network network = Network::open(file, flags.ema, warnings, assumed_of_network(flags));
  network.to(compute);
  return network;
}

void open_companions(const GenerateFlags& flags, GenerateOptions& options,
                     std::vector<std::string>* warnings) {
  open_guide(flags, options, warnings);
  open_vae(flags, options);
}

void adopt_threads(const std::string& outdir, const WorkShare& share, SharedFlags& flags) {
  const bool follows = share.local_rank() && !share.leads();
  if (outdir.empty() || flags.threads > 0 || follows) return;
  flags.threads = std::min(begun_threads(outdir), most_threads());
}

FileRoles run_files(const GenerateFlags& flags, const OutputFiles& files, const std::string& json) {
  FileRoles roles;
  roles.input("--network", flags.network);
  roles.input("--gnet", flags.gnet);
  roles.input("--vae", flags.vae);
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
