#include "measurement/extract_features.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/sha256.h"
#include "base/tasks.h"
#include "batches/flow.h"
#include "compute/compute_scope.h"
#include "detectors/protocol.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kOneSize =
    "bring them to one size, or use --protocol pytorch-fid or clean, which resize each on its own (of "
    "precision and recall: gdd-fid calc --metrics pr)";

std::string size_text(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

void check_finite(const FeatureBlock& block, const ImageSet& images, std::int64_t first) {
  const auto bad = std::find_if(block.features.begin(), block.features.end(),
                                [](float value) { return !std::isfinite(value); });
  if (bad == block.features.end()) return;
  const std::int64_t row = (bad - block.features.begin()) * block.rows / std::ssize(block.features);
  throw Error(images.where(), "the features of '" + images.name(first + row) + "' are not finite",
              "check the detector's weights");
}

// One image as a summary; what its file held beside 8-bit RGB is known where the image was read from one.
ExtractSummary summary_of(const ImageView& view, const Image* file) {
  Sha256 pixels;
  pixels.update(as_bytes(size_text(view.height, view.width) + "x" + std::to_string(view.channels) + "\n"));
  pixels.update(std::as_bytes(std::span(view.pixels, view.size())));
  return {1,
          view.channels == 1,
          file && file->alpha_dropped,
          file && file->deep_grey,
          file && file->first_of_many,
          view.height,
          view.width,
          {},
          pixels.digest()};
}

// Hashed on several threads where that takes longer than to wake them.
std::vector<ExtractSummary> summaries_of(const std::vector<ImageView>& views, const ImageBatch& batch) {
  constexpr std::size_t kBytesEach = std::size_t{1} << 20;
  std::size_t bytes = 0;
  for (const ImageView& view : views) bytes += view.size();
  std::vector<ExtractSummary> summaries(views.size());
  const auto threads =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(bytes / kBytesEach), 1, at::get_num_threads());
  run_tasks(std::ssize(views), static_cast<int>(threads), [&](std::int64_t number) {
    const auto i = static_cast<std::size_t>(number);
    summaries[i] = summary_of(views[i], batch.images.empty() ? nullptr : &batch.images[i]);
  });
  return summaries;
}

}  // namespace

std::string ExtractSummary::pixels_sha256() const { return sha256(as_bytes(image_hashes)); }

void ExtractSummary::append(const ExtractSummary& next) {
  if (next.images == 0) return;
  if (images == 0) {
    height = next.height;
    width = next.width;
  }
  const bool known = std::ssize(labels.classes) == images && std::ssize(next.labels.classes) == next.images &&
                     (images == 0 || labels.names == next.labels.names);
  if (images == 0) labels.names = next.labels.names;
  if (known)
    labels.classes.insert(labels.classes.end(), next.labels.classes.begin(), next.labels.classes.end());
  else
    labels = {};
  if (height != next.height || width != next.width) height = width = 0;
  images += next.images;
  grey_images += next.grey_images;
  alpha_images += next.alpha_images;
  deep_grey_images += next.deep_grey_images;
  first_images += next.first_images;
  image_hashes += next.image_hashes;
}

void FeatureSink::see(const ImageView& image, std::int64_t position) {
  if (!find_protocol(detector_.family(), request_.protocol).equal_sizes || summary_.images == 0 ||
      (image.height == summary_.height && image.width == summary_.width))
    return;
  throw Error(images_.where(),
              "all images must be " + size_text(summary_.height, summary_.width) + " as the first is: '" +
                  images_.name(position) + "' is " + size_text(image.height, image.width) +
                  " (height x width)",
              kOneSize);
}

void FeatureSink::take(const ImageBatch& batch) {
  const std::vector<ImageView> views = batch.views();
  std::vector<ExtractSummary> summaries = summaries_of(views, batch);
  for (std::size_t i = 0; i < views.size(); ++i) {
    see(views[i], batch.first + static_cast<std::int64_t>(i));
    if (!batch.items.empty() && batch.items[i].label) summaries[i].labels.classes = {*batch.items[i].label};
    summary_.append(summaries[i]);
  }
  // A TorchScript network runs as LibTorch would run it alone.
  const ComputeScope scope({.tf32 = false, .deterministic = true, .optimize_scripts = true});
  Measured next{batch.first, detector_.start(batch, request_)};
  hand_on();
  measured_ = std::move(next);
  if (detector_.device().is_cpu()) hand_on();
}

void FeatureSink::hand_on() {
  if (!measured_) return;
  const FeatureBlock block = measured_->features.wait();
  check_finite(block, images_, measured_->first);
  measured_.reset();
  consume_(block);
}

ExtractSummary extract_features(ImageSet& images, std::int64_t first, std::int64_t last,
                                const Detector& detector, const ExtractOptions& options, Observer& observer,
                                const FeatureSink::Consume& consume) {
  FeatureSink sink(images, detector, options.request, consume);
  const std::unique_ptr<BatchSource> source = images.range(first, last, options.batch);
  const auto tell = [&](const ImageBatch& batch) {
    observer.progress(options.what, "images", batch.first + batch.size(), images.size());
  };
  if (!run_flow(*source, {&sink}, observer, tell)) throw Stopped();
  return sink.summary();
}

void check_equal_sizes(const ExtractSummary& summary, const std::string& where, const Protocol& protocol) {
  if (protocol.equal_sizes && summary.images > 0 && summary.height == 0)
    throw Error(where, "all images must be of one size", kOneSize);
}

void warn_about_images(const ExtractSummary& summary, const std::string& path, Observer& observer) {
  const auto say = [&](std::int64_t count, const char* what) {
    if (count > 0)
      observer.warn(path + ": " + std::to_string(count) + " of " + std::to_string(summary.images) +
                    " images " + what);
  };
  say(summary.grey_images, "are grey and count as three equal channels");
  say(summary.alpha_images, "have an alpha channel, which is left out");
  say(summary.deep_grey_images,
      "are 16-bit grey: the upper 8 bits are kept, where Pillow's convert('RGB') clips at 255");
  say(summary.first_images, "hold several pictures, of which the first is taken");
}

}  // namespace gdd
