// The files of a run beside its PNG tree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "batches/batch_sink.h"
#include "distributed/part_store.h"
#include "generation/options.h"
#include "networks/network.h"

namespace gdd {

struct OutputFiles {
  std::string outdir;             // folder of the PNG tree and image_pack.npz
  std::string zip;                // a data set as EDM's dataset_tool.py
  std::vector<std::string> grid;  // "RxC" and the file, or empty
  std::string captions = "none";  // of the grid: none, seeds or labels
  // npz for `images` [N,C,H,W] float64 before quantisation; of a network over latents without a VAE for
  // `latents` [N,C,h,w] float32, as EDM2's encoder.decode() takes them
  std::string save_float;
};

// Usage error: the grid is not such as 8x8, or has no file.
void check_grid(const std::vector<std::string>& grid);

// Rows times columns of a grid that check_grid() took; 0: none.
std::int64_t cells_of(const std::vector<std::string>& grid);

// Usage error: the run makes latents, and no VAE is given. Error: its images have neither 1 nor 3 channels.
void check_pictures(const GenerateOptions& options, const NetworkInfo& info);

struct Output {
  std::string what, path;  // `what` holds the settings that it alone depends on
  std::unique_ptr<BatchSink> sink;
};

// image_pack.npz, zip and grid as asked for, without those that `store` (may be null) has already. Error:
// pictures are asked for, and of check_pictures; a grid of too many pixels.
std::vector<Output> open_outputs(const OutputFiles& files, const GenerateOptions& options,
                                 const NetworkInfo& info, const PartStore* store);

std::vector<BatchSink*> sinks_of(const std::vector<Output>& outputs);

}  // namespace gdd
