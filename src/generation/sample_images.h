// The images of a run into its files: at once, or through a folder that remembers, alone or with others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/observer.h"
#include "distributed/work_share.h"
#include "generation/image_parts.h"
#include "generation/options.h"
#include "generation/outputs.h"
#include "networks/network.h"

namespace gdd {

// What a run made, and whether it came to its end.
struct Made {
  bool done = false;
  std::int64_t images = 0;
};

// Makes what of the run is not there yet, PNG encoding and writing beside the network on another thread. With
// files.outdir the outputs are made from its finished images by the leader of `share`, in seed-list order,
// when all have done their part, so that they do not depend on who made which batch and when; without it
// everything is made here. Errors: of check_generate, GeneratedBatches and ImageParts.
Made sample_images(const OutputFiles& files, const GenerateOptions& options, const Network& network,
                   WorkShare& share, Observer& observer);

// The folder of a run that `share` works on: the leader begins it, before any other.
std::unique_ptr<ImageParts> open_image_parts(const std::string& outdir, const GenerateOptions& options,
                                             const NetworkInfo& info, WorkShare& share);

// Finished images of a folder, in seed-list order, into the files that are not there yet. False: the observer
// wanted it to stop.
bool replay_images(const ImageParts& folder, const OutputFiles& files, const GenerateOptions& options,
                   const NetworkInfo& info, Observer& observer);

}  // namespace gdd
