#include "generation/generated_batches.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <memory>
#include <span>

#include "compute/compute_scope.h"
#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

// Classes of a batch: int64 [n], on the device. Labels drawn move each seed's stream also where others are
// given.
at::Tensor choose_labels(const GenerateOptions& options, const SeedBatch& batch, std::int64_t label_dim,
                         RandomStreams& streams) {
  const at::Tensor drawn = streams.randint(label_dim);
  std::vector<std::int64_t> given;
  for (std::int64_t i = batch.first; i < batch.first + std::ssize(batch.seeds); ++i) {
    const std::optional<std::int64_t> label = class_at(options, i, label_dim);
    if (!label) return drawn;
    given.push_back(*label);
  }
  return at::tensor(given, at::kLong).to(drawn.device(), /*non_blocking=*/true);
}

struct Drawn {
  at::Tensor images;  // [n,C,H,W] of the sampler's dtype; of a VAE float32
  at::Tensor labels;  // int64 [n]; undefined for unconditional networks
};

Drawn draw_images(const Network& network, const GenerateOptions& options, const SeedBatch& batch) {
  const NetworkInfo& info = network.info();
  const auto streams = open_random_streams(options.rng, batch.seeds, options.compute.device);
  const std::vector<std::int64_t> shape{info.img_channels, info.img_resolution, info.img_resolution};
  const at::Tensor latents = streams->randn(shape, at::kFloat);
  at::Tensor labels, class_labels;  // the latter one-hot, float32 [n,label_dim]
  if (info.label_dim > 0) {
    labels = choose_labels(options, batch, info.label_dim, *streams);
    class_labels = at::one_hot(labels, info.label_dim).to(at::kFloat);
  }
  const bool half = runs_in_half(options, info);
  const auto denoise = [&class_labels](const Network& by, bool in_half) {
    return [&by, &class_labels, in_half](const at::Tensor& x, const at::Tensor& sigma) {
      return in_half ? by.denoise_half(x, sigma, class_labels) : by.denoise(x, sigma, class_labels);
    };
  };
  Denoiser net{.denoise = denoise(network, half),
               .round_sigma = [&](const at::Tensor& sigma) { return network.round_sigma(sigma); },
               .sigma_min = info.sigma_min,
               .sigma_max = info.sigma_max};
  if (options.gnet) net.guide = denoise(*options.gnet, runs_in_half(options, options.gnet->info()));
  const Noise noise = [&](at::ScalarType dtype) { return streams->randn(shape, dtype); };
  const at::Tensor images = sample(options.sampler, net, latents, noise);
  return {options.vae ? decode_latents(*info.latents, *options.vae, images) : images, labels};
}

// A NaN would become a black image. `finite` bool [n], on the CPU.
void check_finite(const at::Tensor& finite, std::span<const std::int64_t> seeds) {
  const auto flags = std::span(finite.const_data_ptr<bool>(), seeds.size());
  const auto bad = std::ranges::find(flags, false);
  if (bad == flags.end()) return;
  throw Error("seed " + std::to_string(seeds[static_cast<std::size_t>(bad - flags.begin())]),
              "the image is not finite (NaN or infinity)",
              "the network's weights or numbers are damaged, or the sampler's are extreme");
}

// Of images from seeds.
std::vector<SinkItem> items_of(const SeedBatch& batch, const at::Tensor& labels) {
  std::vector<SinkItem> items;
  for (std::int64_t i = 0; i < std::ssize(batch.seeds); ++i) {
    items.push_back({batch.seeds[static_cast<std::size_t>(i)], batch.first + i, std::nullopt});
    if (labels.defined()) items.back().label = labels.const_data_ptr<std::int64_t>()[i];
  }
  return items;
}

}  // namespace

NextBatch every_batch(std::int64_t count) {
  return [count, next = std::int64_t{0}]() mutable {
    return next < count ? std::optional(next++) : std::nullopt;
  };
}

at::Tensor quantise(const at::Tensor& images, Quantisation quantisation) {
  at::Tensor levels;
  switch (quantisation) {
    case Quantisation::kEdm:
      levels = images * 127.5 + 128;
      break;
    case Quantisation::kUnit:
      levels = images.to(at::kFloat).clamp(0, 1) * 255;
      break;
    case Quantisation::kSymmetric:
      levels = (images.to(at::kFloat) + 1) * 127.5;
      break;
  }
  return levels.clip(0, 255).to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

GeneratedBatches::GeneratedBatches(const Network& network, GenerateOptions options, NextBatch next,
                                   bool floats)
    : network_(network),
      options_(std::move(options)),
      next_(std::move(next)),
      floats_(floats),
      batches_(split_seeds(options_.seeds, options_.batch)) {}

std::optional<ImageBatch> GeneratedBatches::next() {
  const std::optional<std::int64_t> number = started_.empty() ? next_() : started_.front().number;
  return number ? std::optional(make(*number)) : std::nullopt;
}

void GeneratedBatches::look_ahead() {
  while (begun() < ahead()) {
    const std::optional<std::int64_t> number = next_();
    if (!number) return;
    begin(*number);
  }
}

ImageBatch GeneratedBatches::make(std::int64_t number) {
  while (!started_.empty() && started_.front().number < number) started_.pop_front();
  if (started_.empty() || started_.front().number > number) {
    started_.clear();
    begin(number);
  }
  Started first = std::move(started_.front());
  started_.pop_front();
  return finish(std::move(first));
}

GeneratedBatches::Started GeneratedBatches::start(std::int64_t number) const {
  const c10::InferenceMode inference;
  const ComputeScope scope({.tf32 = options_.compute.tf32,
                            .tf32_products = options_.compute.tf32_products,
                            .deterministic = true});
  const Drawn drawn = draw_images(network_, options_, batch(number));
  const at::Tensor pixels = quantise(drawn.images, quantisation_of(options_));
  return {number,
          pixels,
          HostCopy(floats_ ? drawn.images.to(at::kDouble) : at::Tensor()),
          HostCopy(pixels),
          HostCopy(drawn.images.flatten(1).isfinite().all(1)),
          HostCopy(drawn.labels)};
}

ImageBatch GeneratedBatches::finish(Started started) const {
  const SeedBatch& seeds = batch(started.number);
  check_finite(started.finite.wait(), seeds.seeds);
  ImageBatch batch;
  batch.number = started.number;
  batch.first = seeds.first;
  batch.pixels = started.pixels.wait();
  if (!started.device_pixels.is_cpu()) batch.device_pixels = started.device_pixels;
  batch.floats = started.floats.wait();
  batch.items = items_of(seeds, started.labels.wait());
  return batch;
}

}  // namespace gdd
