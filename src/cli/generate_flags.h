// Flags about making images, the same for gdd-sample and gdd-eval: the network, the seeds, the sampler.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/file_roles.h"
#include "cli/shared_flags.h"
#include "generation/options.h"
#include "generation/outputs.h"

namespace gdd {

struct GenerateFlags {
  std::string network, seeds = "0-63", classes, rng, shard;
  std::int64_t batch = 64;
  bool ema = true, subdirs = false;
  SamplerOptions sampler;
};

void add_generate_flags(CLI::App& app, GenerateFlags& flags);
// --grid and --captions.
void add_grid_flags(CLI::App& app, OutputFiles& files);

// Everything but `compute`. Usage errors: what cannot be meant.
GenerateOptions read_generate_options(const GenerateFlags& flags);

// Where a run in `outdir` was begun, its number of threads is taken, which decides the last bits; unless
// --threads says otherwise. Of ranks the leader looks, and the others take what it takes.
void adopt_threads(const std::string& outdir, const WorkShare& share, SharedFlags& flags);

// The files that a run reads and writes. Usage error: one that is written has the name of an image.
FileRoles run_files(const GenerateFlags& flags, const OutputFiles& files, const std::string& json);

}  // namespace gdd
