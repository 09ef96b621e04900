// Where gdd-sample's images go, and what a folder must remember of the run that fills it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/file_roles.h"
#include "networks/network.h"
#include "pipeline/generate_images.h"

namespace gdd {

struct OutputFlags {
  std::string outdir, zip;
  std::vector<std::string> grid;  // "RxC" and the file, or empty
  std::string captions = "none";  // of the grid: none, seeds or labels
  bool subdirs = false;
};

// Usage error: --grid is not such as 8x8; nowhere to put the images.
void check_outputs(const OutputFlags& flags, const std::string& save_float);

// What is read and written, --json and --network included, for FileRoles. Usage error: the grid has the name
// of an image.
FileRoles sample_files(const OutputFlags& flags, const std::string& network, const std::string& save_float,
                       const std::string& json);

// One file of the run beside the PNG tree; `what` holds the settings that it alone depends on.
struct Output {
  std::string what, path;
  std::unique_ptr<ImageSink> sink;
};

// image_pack.npz, zip and grid as asked for, without those that `folder` (may be null) has already. Error:
// pictures are asked for, and the network's images have neither 1 nor 3 channels.
std::vector<Output> open_outputs(const OutputFlags& flags, std::int64_t count, const NetworkInfo& info,
                                 const RunFolder* folder);

// Every setting that the bytes of an image depend on.
RunSettings run_settings(const GenerateOptions& options, const NetworkInfo& info, bool subdirs);

}  // namespace gdd
