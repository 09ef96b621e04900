// The images of a run into its outputs: at once, or through a folder that remembers, alone or with others.
#pragma once

#include <cstdint>

#include "cli/sample_outputs.h"
#include "distributed/work_share.h"
#include "networks/network.h"
#include "pipeline/generate_images.h"

namespace gdd {

// What a run made, and whether it came to its end.
struct Made {
  bool done = false;
  std::int64_t images = 0;
};

// Makes what of the run is not there yet. With flags.outdir the outputs are made from its finished files by
// the leader of `share`, when all have done their part; without it everything is made here. Errors: of
// generate_images and RunFolder.
Made generate(const OutputFlags& flags, const GenerateOptions& options, const Network& network,
              WorkShare& share);

}  // namespace gdd
