// Flags about making images, the same for gdd-sample and gdd-eval: the network, the seeds, the sampler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/file_roles.h"
#include "cli/shared_flags.h"
#include "generation/options.h"
#include "generation/outputs.h"

namespace gdd {

struct GenerateFlags {
  std::string network, seeds = "0-63", classes, rng, shard, gnet, vae, preset, ts;
  std::vector<std::string> assumed;
  std::optional<std::int64_t> batch, steps;  // by default the sampler's own
  std::optional<double> guidance;
  bool ema = true, subdirs = false;
  std::optional<std::string> sampler_name;
  SamplerOptions sampler;
};

void add_generate_flags(CLI::App& app, GenerateFlags& flags);
// --assume, of everything that opens a network; `more` ends its help.
void add_assume_flag(CLI::App& app, std::vector<std::string>& assumed, const std::string& more = "");
// --grid and --captions.
void add_grid_flags(CLI::App& app, OutputFiles& files);

// Everything but `compute`, the guiding network and the VAE. Usage errors: what cannot be meant.
GenerateOptions read_generate_options(const GenerateFlags& flags);

// What --assume says of the network itself; of the guide it is "gnet.KEY=VALUE".
Assumptions assumed_of_network(const GenerateFlags& flags);

// The network of the flags, on the device that computes.
Network open_network(const GenerateFlags& flags, const Compute& compute,
                     std::vector<std::string>* warnings = nullptr);
// The same of a file that is read already, in its place.
Network open_network(const GenerateFlags& flags, const std::shared_ptr<const MappedFile>& file,
                     const Compute& compute, std::vector<std::string>* warnings = nullptr);
// What works beside the network into `options`, on the device of options.compute: the network that guides,
// and the VAE, where they are given.
void open_companions(const GenerateFlags& flags, GenerateOptions& options,
                     std::vector<std::string>* warnings = nullptr);

// Where a run in `outdir` was begun, its number of threads is taken, which decides the last bits; unless
// --threads says otherwise. Of ranks the leader looks, and the others take what it takes.
void adopt_threads(const std::string& outdir, const WorkShare& share, SharedFlags& flags);

// The files that a run reads and writes. Usage error: one that is written has the name of an image.
FileRoles run_files(const GenerateFlags& flags, const OutputFiles& files, const std::string& json);

}  // namespace gdd
