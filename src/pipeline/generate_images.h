// seeds -> latents, labels -> sampler(network) -> uint8 images -> sinks. The unit of work is a batch, and
// batches are those that upstream's tensor_split makes of the whole seed list, because the last bits of an
// image depend on its batch.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "images/sink.h"
#include "networks/network.h"
#include "pipeline/run_folder.h"
#include "samplers/sampler.h"

namespace gdd {

struct GenerateOptions {
  std::vector<std::int64_t> seeds;    // at least one
  std::int64_t batch = 64;            // largest batch; GDD generate.py --batch
  std::vector<std::int64_t> classes;  // empty: drawn from each seed; else image i gets classes[i mod length]
  SamplerOptions sampler;
  std::string rng;  // as open_random_streams
  c10::Device device = c10::kCPU;
  std::string precision = "float32";  // what the network computes in; for the settings and the report
  bool allow_half = true;             // see runs_in_half
  std::string save_float;             // npz for `images` [N,C,H,W] float64 before quantisation; empty: none
  Progress progress;
  std::function<bool()> stop;  // asked between batches; true ends the run there
};

// Hands out the next batch to compute, a position in split_batches, or nothing when there is no more: the one
// place that decides which batches are this process's own (all of them, or those of a queue that ranks
// share).
using NextBatch = std::function<std::optional<std::int64_t>()>;

// Whether the U-Net runs in half precision: upstream's samplers ask for float32, but for edm and its
// ablation, which leave it to a network with use_fp16 on CUDA.
bool runs_in_half(const GenerateOptions& options, const NetworkInfo& info);

// Usage errors: options of check_options, levels of check_noise_levels; classes with an unconditional network
// or beyond its label_dim.
void check_generate(const NetworkInfo& info, const GenerateOptions& options);

// Makes every image and hands it to every sink in seed-list order, PNG encoding and writing beside the
// network on another thread; finishes the sinks. Labels drawn still move each seed's stream when `classes`
// replaces them (as upstream). False: options.stop ended it, and no sink was finished. Errors:
// check_generate.
bool generate_images(const Network& network, const GenerateOptions& options,
                     const std::vector<ImageSink*>& sinks);

// The same into a folder that remembers, in two steps. First the batches that `next` hands out (empty: all),
// in any order; false when options.stop ended it: what is finished stays. options.save_float wants every
// batch in order. Then, in one process and when every batch is there, the other outputs from the folder's PNG
// files, in seed-list order, so that they do not depend on who made which batch and when.
bool fill_folder(const Network& network, const GenerateOptions& options, const RunFolder& folder,
                 NextBatch next);
void replay_folder(const RunFolder& folder, const GenerateOptions& options,
                   const std::vector<ImageSink*>& sinks);

// Those of `source` (empty: all) that the folder does not have yet; refers to folder and options.
NextBatch unfinished_batches(const RunFolder& folder, const GenerateOptions& options, NextBatch source = {});

// Upstream's batches: numpy.array_split of `count` items into ceil(count / batch) parts, as [first, last)
// pairs; the first parts are one longer where it does not divide (100 at 64 are 50 and 50).
std::vector<std::pair<std::int64_t, std::int64_t>> split_batches(std::int64_t count, std::int64_t batch);

// uint8 = clip(x * 127.5 + 128, 0, 255), truncated, in x's own dtype (GDD generate.py); [N,C,H,W] ->
// [N,H,W,C] on the CPU.
at::Tensor quantise(const at::Tensor& images);

}  // namespace gdd
