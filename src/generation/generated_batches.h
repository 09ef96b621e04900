// Seeds -> latents, labels -> sampler(network), VAE where one is given -> uint8 images, by the batches of the
// whole seed list (seed_batches.h). A device is told of batches ahead of time, so that it has work while the
// CPU does its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "batches/batch_source.h"
#include "compute/host_copy.h"
#include "generation/options.h"
#include "generation/seed_batches.h"
#include "networks/network.h"

namespace gdd {

// Hands out the number of the next batch to make, or nothing when there is no more: the one place that
// decides which batches are this process's own (all of them, or those of a queue that ranks share).
using NextBatch = std::function<std::optional<std::int64_t>()>;

// 0, 1, ... `count` - 1.
NextBatch every_batch(std::int64_t count);

// The batches that `next` hands out. `network` lives longer; it is on the device of options.compute, which
// check_generate has passed. Labels drawn still move each seed's stream when `classes` replaces them (as
// upstream). Error: an image that is not finite, by its seed.
class GeneratedBatches : public BatchSource {
 public:
  // `floats`: batches carry their images before quantisation too.
  GeneratedBatches(const Network& network, GenerateOptions options, NextBatch next, bool floats = false);
  GeneratedBatches(const GeneratedBatches&) = delete;
  GeneratedBatches& operator=(const GeneratedBatches&) = delete;

  std::optional<ImageBatch> next() override;
  void look_ahead() override;
  // The batch; one that was begun is not begun again, and what was begun before it is dropped.
  ImageBatch make(std::int64_t number);
  // Tells the device to make it, without a wait. In the order in which they will be asked for.
  void begin(std::int64_t number) { started_.push_back(start(number)); }
  std::int64_t begun() const { return std::ssize(started_); }
  std::int64_t ahead() const {
    return options_.ahead.value_or(options_.compute.device.is_cpu() ? 0 : floats_ ? 2 : 4);
  }

  // Of the whole run, whoever makes it.
  std::int64_t size() const { return std::ssize(options_.seeds); }
  const std::vector<SeedBatch>& batches() const { return batches_; }
  const SeedBatch& batch(std::int64_t number) const { return batches_.at(static_cast<std::size_t>(number)); }

 private:
  // A batch that the device has been told to make.
  struct Started {
    std::int64_t number;
    at::Tensor device_pixels;  // uint8 [n,H,W,C]
    HostCopy floats;           // float64 [n,C,H,W], or undefined
    HostCopy pixels, finite;   // finite: bool [n]
    HostCopy labels;           // int64 [n], or undefined
  };
  Started start(std::int64_t number) const;
  ImageBatch finish(Started started) const;  // waits

  const Network& network_;
  GenerateOptions options_;
  NextBatch next_;
  bool floats_;
  std::vector<SeedBatch> batches_;
  std::deque<Started> started_;
};

// uint8 [N,H,W,C] of images [N,C,H,W], contiguous, on their device (presets.h).
at::Tensor quantise(const at::Tensor& images, Quantisation quantisation = Quantisation::kEdm);

}  // namespace gdd
