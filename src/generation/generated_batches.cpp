#include "generation/generated_batches.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <memory>
#include <span>

#include "compute/compute_scope.h"
#include "compute/host_copy.h"
#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

// A batch on its way.
struct Draft : SeedBatch {
  std::vector<std::int64_t> labels;  // empty for unconditional networks
};

// One-hot float32 [n,label_dim]; the labels go into the draft.
at::Tensor choose_labels(const GenerateOptions& options, std::int64_t label_dim, RandomStreams& streams,
                         Draft& draft) {
  const auto count = std::ssize(draft.seeds);
  at::Tensor index = streams.randint(label_dim);
  if (!options.classes.empty()) {
    std::vector<std::int64_t> given;
    for (std::int64_t i = draft.first; i < draft.first + count; ++i)
      given.push_back(options.classes[static_cast<std::size_t>(i % std::ssize(options.classes))]);
    index = at::tensor(given, at::kLong).to(index.device());
  }
  const at::Tensor on_cpu = index.to(at::kCPU);
  draft.labels.assign(on_cpu.const_data_ptr<std::int64_t>(), on_cpu.const_data_ptr<std::int64_t>() + count);
  return at::one_hot(index, label_dim).to(at::kFloat);
}

// float64 [n,C,H,W], on the device.
at::Tensor draw_images(const Network& network, const GenerateOptions& options, Draft& draft) {
  const NetworkInfo& info = network.info();
  const auto streams = open_random_streams(options.rng, draft.seeds, options.compute.device);
  const std::vector<std::int64_t> shape{info.img_channels, info.img_resolution, info.img_resolution};
  const at::Tensor latents = streams->randn(shape, at::kFloat);
  const at::Tensor class_labels =
      info.label_dim == 0 ? at::Tensor() : choose_labels(options, info.label_dim, *streams, draft);
  const bool half = runs_in_half(options, info);
  const Denoiser net{
      [&](const at::Tensor& x, const at::Tensor& sigma) {
        return half ? network.denoise_half(x, sigma, class_labels) : network.denoise(x, sigma, class_labels);
      },
      [&](const at::Tensor& sigma) { return network.round_sigma(sigma); }, info.sigma_min, info.sigma_max};
  const Noise noise = [&] { return streams->randn(shape, at::kDouble); };
  return sample(options.sampler, net, latents, noise);
}

// A NaN would become a black image.
void check_finite(const at::Tensor& images, std::span<const std::int64_t> seeds) {
  const at::Tensor good = images.flatten(1).isfinite().all(1);
  if (good.all().item<bool>()) return;
  const std::int64_t bad = good.to(at::kByte).argmin().item<std::int64_t>();
  throw Error("seed " + std::to_string(seeds[static_cast<std::size_t>(bad)]),
              "the image is not finite (NaN or infinity)",
              "the network's weights or numbers are damaged, or the sampler's are extreme");
}

}  // namespace

NextBatch every_batch(std::int64_t count) {
  return [count, next = std::int64_t{0}]() mutable {
    return next < count ? std::optional(next++) : std::nullopt;
  };
}

at::Tensor quantise(const at::Tensor& images) {
  return (images * 127.5 + 128).clip(0, 255).to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

GeneratedBatches::GeneratedBatches(const Network& network, GenerateOptions options, NextBatch next,
                                   bool floats)
    : network_(network),
      options_(std::move(options)),
      next_(std::move(next)),
      floats_(floats),
      batches_(split_seeds(options_.seeds, options_.batch)) {}

std::optional<ImageBatch> GeneratedBatches::next() {
  const std::optional<std::int64_t> number = next_();
  return number ? std::optional(make(*number)) : std::nullopt;
}

ImageBatch GeneratedBatches::make(std::int64_t number) const {
  const c10::InferenceMode inference;
  const ComputeScope scope({.tf32 = options_.compute.tf32,
                            .tf32_products = options_.compute.tf32_products,
                            .deterministic = true});
  Draft draft{batch(number), {}};
  const at::Tensor images = draw_images(network_, options_, draft);
  check_finite(images, draft.seeds);
  ImageBatch batch;
  batch.number = number;
  batch.first = draft.first;
  const at::Tensor pixels = quantise(images);
  batch.pixels = copy_to_host(pixels);
  if (!pixels.is_cpu()) batch.device_pixels = pixels;
  if (floats_) batch.floats = images.to(at::kCPU);
  for (std::int64_t i = 0; i < std::ssize(draft.seeds); ++i) {
    SinkItem item{draft.seeds[static_cast<std::size_t>(i)], draft.first + i, std::nullopt};
    if (!draft.labels.empty()) item.label = draft.labels[static_cast<std::size_t>(i)];
    batch.items.push_back(item);
  }
  return batch;
}

}  // namespace gdd
