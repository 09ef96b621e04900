// Flags about making images, the same for gdd-sample and gdd-eval: the network, the seeds, the sampler.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/file_roles.h"
#include "cli/shared_flags.h"
#include "gdd/report.h"
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
// --threads says otherwise.
void adopt_threads(const std::string& outdir, SharedFlags& flags);

// The files that a run reads and writes. Usage error: one of `others` has the name of an image.
FileRoles run_files(const GenerateFlags& flags, const OutputFiles& files, const std::string& json);

// The network, the seeds and the sampler, for the report.
void describe_generation(const GenerateFlags& flags, const GenerateOptions& options, const NetworkInfo& info,
                         Report& report);

}  // namespace gdd
