#include "pipeline/generate_images.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <future>
#include <memory>
#include <span>

#include "archive/npz.h"
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

struct Batch {
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

  Batch make(std::int64_t first, std::int64_t last) const {
    const NetworkInfo& info = network_.info();
    Batch batch{first, {}, {}};
    const std::span<const std::int64_t> seeds(options_.seeds.data() + first,
                                              static_cast<std::size_t>(last - first));
    const auto streams = open_random_streams(options_.rng, seeds, options_.device);
    const std::vector<std::int64_t> shape{info.img_channels, info.img_resolution, info.img_resolution};
    const at::Tensor latents = streams->randn(shape, at::kFloat);
    const at::Tensor class_labels =
        info.label_dim == 0 ? at::Tensor() : choose_labels(*streams, batch, last - first);

    const Denoiser net{[&](const at::Tensor& x, const at::Tensor& sigma) {
                         return network_.denoise(x, sigma, class_labels);
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

void write_batch(const Batch& batch, const GenerateOptions& options, const std::vector<ImageSink*>& sinks,
                 FloatWriter& floats) {
  const c10::InferenceMode inference;
  floats.write(batch.images);
  const at::Tensor pixels = quantise(batch.images);
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    SinkItem item{options.seeds[static_cast<std::size_t>(batch.first + i)], batch.first + i, std::nullopt};
    if (!batch.labels.empty()) item.label = batch.labels[static_cast<std::size_t>(i)];
    const Image image = image_of(pixels[i]);
    for (ImageSink* sink : sinks) sink->write(item, image);
  }
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

void generate_images(const Network& network, const GenerateOptions& options,
                     const std::vector<ImageSink*>& sinks) {
  const c10::InferenceMode inference;
  check_options(options.sampler);
  check_classes(options.classes, network.info().label_dim);
  const auto count = static_cast<std::int64_t>(options.seeds.size());
  FloatWriter floats(options.save_float, count, network.info());
  const Generator generator(network, options);
  std::future<void> writing;  // of the batch before: one at a time, so memory is that of two batches
  for (const auto& [first, last] : split_batches(count, options.batch)) {
    auto batch = std::make_shared<const Batch>(generator.make(first, last));
    if (writing.valid()) writing.get();
    writing = std::async(std::launch::async,
                         [batch, &options, &sinks, &floats] { write_batch(*batch, options, sinks, floats); });
    if (options.progress) options.progress(last, count);
  }
  writing.get();
  for (ImageSink* sink : sinks) sink->finish();
  floats.finish();
}

}  // namespace gdd
