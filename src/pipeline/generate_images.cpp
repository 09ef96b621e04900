#include "pipeline/generate_images.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <future>
#include <memory>
#include <span>

#include "archive/npz.h"
#include "base/memory_budget.h"
#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

void check_classes(const std::vector<std::int64_t>& classes, std::int64_t label_dim) {
  if (classes.empty()) return;
  if (label_dim == 0) throw Error::usage("--class", "this network is unconditional: it has no classes");
  for (const std::int64_t label : classes)
    if (label >= label_dim)
      throw Error::usage("--class", "expected classes from 0 to " + std::to_string(label_dim - 1) +
                                        ", found " + std::to_string(label));
}

// What a batch needs besides the weights. A GPU has memory of its own, and says itself when it is full.
void check_memory(const NetworkInfo& info, const GenerateOptions& options) {
  if (!options.device.is_cpu()) return;
  const std::int64_t batch = std::min<std::int64_t>(options.batch, std::ssize(options.seeds));
  const auto fits = static_cast<std::int64_t>(static_cast<double>(memory_budget()) / info.activation_bytes);
  require_memory("--batch " + std::to_string(options.batch),
                 "a batch of " + std::to_string(batch) + " images in the network",
                 static_cast<double>(batch) * info.activation_bytes,
                 (fits > 0 ? "give --batch " + std::to_string(fits) + ", or" : std::string("give")) +
                     " --max-memory if the machine has more");
}

struct Batch {
  std::int64_t number = 0;
  std::int64_t first = 0;            // position of its first seed in the list
  std::vector<std::int64_t> labels;  // empty for unconditional networks
  at::Tensor images;                 // [n,C,H,W] float64, on the CPU
};

class FloatWriter {
 public:
  FloatWriter(const std::string& path, std::int64_t count, const NetworkInfo& info) {
    if (path.empty()) return;
    npz_ = std::make_unique<NpzWriter>(path);
    npz_->begin("images", "<f8", {count, info.img_channels, info.img_resolution, info.img_resolution});
  }
  void write(const at::Tensor& images) {
    if (!npz_) return;
    const at::Tensor rows = images.contiguous();
    npz_->append(
        std::as_bytes(std::span(rows.const_data_ptr<double>(), static_cast<std::size_t>(rows.numel()))));
  }
  void finish() {
    if (npz_) npz_->commit();
  }

 private:
  std::unique_ptr<NpzWriter> npz_;
};

class Generator {
 public:
  Generator(const Network& network, const GenerateOptions& options) : network_(network), options_(options) {}

  Batch make(std::int64_t number, std::int64_t first, std::int64_t last) const {
    const NetworkInfo& info = network_.info();
    Batch batch{number, first, {}, {}};
    const std::span<const std::int64_t> seeds(options_.seeds.data() + first,
                                              static_cast<std::size_t>(last - first));
    const auto streams = open_random_streams(options_.rng, seeds, options_.device);
    const std::vector<std::int64_t> shape{info.img_channels, info.img_resolution, info.img_resolution};
    const at::Tensor latents = streams->randn(shape, at::kFloat);
    const at::Tensor class_labels =
        info.label_dim == 0 ? at::Tensor() : choose_labels(*streams, batch, last - first);

    const bool half = runs_in_half(options_, info);
    const Denoiser net{[&](const at::Tensor& x, const at::Tensor& sigma) {
                         return half ? network_.denoise_half(x, sigma, class_labels)
                                     : network_.denoise(x, sigma, class_labels);
                       },
                       [&](const at::Tensor& sigma) { return network_.round_sigma(sigma); }, info.sigma_min,
                       info.sigma_max};
    const Noise noise = [&] { return streams->randn(shape, at::kDouble); };
    batch.images = sample(options_.sampler, net, latents, noise).to(at::kCPU);
    return batch;
  }

 private:
  // One-hot float32 [n,label_dim]; the labels go into the batch.
  at::Tensor choose_labels(RandomStreams& streams, Batch& batch, std::int64_t count) const {
    at::Tensor index = streams.randint(network_.info().label_dim);
    if (!options_.classes.empty()) {
      const auto length = static_cast<std::int64_t>(options_.classes.size());
      for (std::int64_t i = 0; i < count; ++i)
        index[i].fill_(options_.classes[static_cast<std::size_t>((batch.first + i) % length)]);
    }
    const at::Tensor on_cpu = index.to(at::kCPU);
    batch.labels.assign(on_cpu.const_data_ptr<std::int64_t>(), on_cpu.const_data_ptr<std::int64_t>() + count);
    return at::one_hot(index, network_.info().label_dim).to(at::kFloat);
  }

  const Network& network_;
  const GenerateOptions& options_;
};

Image image_of(const at::Tensor& pixels) {  // [H,W,C] uint8, contiguous
  const std::uint8_t* data = pixels.const_data_ptr<std::uint8_t>();
  return {static_cast<int>(pixels.size(0)),
          static_cast<int>(pixels.size(1)),
          static_cast<int>(pixels.size(2)),
          {data, data + pixels.numel()}};
}

// A NaN would become a black image.
void check_finite(const Batch& batch, const GenerateOptions& options) {
  const at::Tensor good = batch.images.flatten(1).isfinite().all(1);
  if (good.all().item<bool>()) return;
  const std::int64_t bad = good.to(at::kByte).argmin().item<std::int64_t>();
  throw Error("seed " + std::to_string(options.seeds[static_cast<std::size_t>(batch.first + bad)]),
              "the image is not finite (NaN or infinity)",
              "the network's weights or numbers are damaged, or the sampler's are extreme");
}

ImageBatch to_images(const Batch& batch, const GenerateOptions& options) {
  const c10::InferenceMode inference;
  const at::Tensor pixels = quantise(batch.images);
  ImageBatch made{batch.number, {}, {}};
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    SinkItem item{options.seeds[static_cast<std::size_t>(batch.first + i)], batch.first + i, std::nullopt};
    if (!batch.labels.empty()) item.label = batch.labels[static_cast<std::size_t>(i)];
    made.items.push_back(item);
    made.images.push_back(image_of(pixels[i]));
  }
  return made;
}

void write_to(const ImageBatch& batch, const std::vector<ImageSink*>& sinks) {
  for (std::size_t i = 0; i < batch.items.size(); ++i)
    for (ImageSink* sink : sinks) sink->write(batch.items[i], batch.images[i]);
}

using TakeBatch = std::function<void(const ImageBatch&)>;

// Computes what `next` hands out until there is no more (true) or options.stop says so (false).
bool make_batches(const Network& network, const GenerateOptions& options, const NextBatch& next,
                  const TakeBatch& take, FloatWriter& floats) {
  const c10::InferenceMode inference;
  const auto parts = split_batches(static_cast<std::int64_t>(options.seeds.size()), options.batch);
  const Generator generator(network, options);
  std::future<void> writing;  // of the batch before: one at a time, so memory is that of two batches
  bool stopped = false;
  while (!(stopped = options.stop && options.stop())) {
    const std::optional<std::int64_t> number = next();
    if (!number) break;
    const auto [first, last] = parts.at(static_cast<std::size_t>(*number));
    auto batch = std::make_shared<const Batch>(generator.make(*number, first, last));
    check_finite(*batch, options);
    if (writing.valid()) writing.get();
    writing = std::async(std::launch::async, [batch, &options, &take, &floats] {
      floats.write(batch->images);
      take(to_images(*batch, options));
    });
    if (options.progress) options.progress(last, static_cast<std::int64_t>(options.seeds.size()));
  }
  if (writing.valid()) writing.get();
  return !stopped;
}

NextBatch every_batch(std::int64_t count) {
  return [count, next = std::int64_t{0}]() mutable {
    return next < count ? std::optional(next++) : std::nullopt;
  };
}

}  // namespace

std::vector<std::pair<std::int64_t, std::int64_t>> split_batches(std::int64_t count, std::int64_t batch) {
  std::vector<std::pair<std::int64_t, std::int64_t>> parts;
  const std::int64_t num_batches = (count - 1) / batch + 1;
  const std::int64_t size = count / num_batches, longer = count % num_batches;
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < num_batches; ++i) {
    const std::int64_t last = first + size + (i < longer ? 1 : 0);
    parts.emplace_back(first, last);
    first = last;
  }
  return parts;
}

at::Tensor quantise(const at::Tensor& images) {
  return (images * 127.5 + 128).clip(0, 255).to(at::kByte).permute({0, 2, 3, 1}).contiguous();
}

bool runs_in_half(const GenerateOptions& options, const NetworkInfo& info) {
  return options.allow_half && info.use_fp16 && options.device.is_cuda() && options.sampler.sampler == "edm";
}

void check_generate(const NetworkInfo& info, const GenerateOptions& options) {
  check_options(options.sampler);
  check_classes(options.classes, info.label_dim);
  check_noise_levels(options.sampler, info.sigma_min, info.sigma_max);
  check_memory(info, options);
}

bool generate_images(const Network& network, const GenerateOptions& options,
                     const std::vector<ImageSink*>& sinks) {
  check_generate(network.info(), options);
  const auto count = static_cast<std::int64_t>(options.seeds.size());
  FloatWriter floats(options.save_float, count, network.info());
  const auto num_batches = static_cast<std::int64_t>(split_batches(count, options.batch).size());
  const TakeBatch take = [&](const ImageBatch& batch) { write_to(batch, sinks); };
  if (!make_batches(network, options, every_batch(num_batches), take, floats)) return false;
  for (ImageSink* sink : sinks) sink->finish();
  floats.finish();
  return true;
}

NextBatch unfinished_batches(const RunFolder& folder, const GenerateOptions& options, NextBatch source) {
  const auto parts = split_batches(static_cast<std::int64_t>(options.seeds.size()), options.batch);
  if (!source) source = every_batch(static_cast<std::int64_t>(parts.size()));
  return [&folder, &options, parts, source]() {
    std::optional<std::int64_t> number = source();
    while (number) {
      const auto [first, last] = parts.at(static_cast<std::size_t>(*number));
      if (!folder.has(*number,
                      std::span(options.seeds)
                          .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first))))
        break;
      if (options.stop && options.stop()) return std::optional<std::int64_t>();
      number = source();
    }
    return number;
  };
}

bool fill_folder(const Network& network, const GenerateOptions& options, const RunFolder& folder,
                 NextBatch next) {
  check_generate(network.info(), options);
  const auto count = static_cast<std::int64_t>(options.seeds.size());
  FloatWriter floats(options.save_float, count, network.info());
  if (!next) next = every_batch(static_cast<std::int64_t>(split_batches(count, options.batch).size()));
  const TakeBatch take = [&](const ImageBatch& batch) { folder.keep(batch); };
  const bool done = make_batches(network, options, next, take, floats) && !(options.stop && options.stop());
  folder.flush();
  if (done) floats.finish();
  return done;
}

void replay_folder(const RunFolder& folder, const GenerateOptions& options,
                   const std::vector<ImageSink*>& sinks) {
  if (sinks.empty()) return;
  std::int64_t number = 0;
  for (const auto& [first, last] :
       split_batches(static_cast<std::int64_t>(options.seeds.size()), options.batch)) {
    const auto seeds = std::span(options.seeds)
                           .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    write_to(folder.read(number++, first, seeds), sinks);
  }
  for (ImageSink* sink : sinks) sink->finish();
}

}  // namespace gdd
