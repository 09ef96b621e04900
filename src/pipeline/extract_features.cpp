#include "pipeline/extract_features.h"

#include <algorithm>
#include <cmath>

#include "base/sha256.h"
#include "gdd/error.h"
#include "images/prefetch.h"
#include "pipeline/protocol.h"

namespace gdd {
namespace {

// Of decoded pixels in a batch: large photographs make smaller batches, the same on every machine.
constexpr std::size_t kMaxBatchBytes = std::size_t{256} << 20;

std::string size_text(const Image& image) {
  return std::to_string(image.height) + "x" + std::to_string(image.width);
}

// Goes over the images as they come and keeps what the summary says about them.
class ImageCheck {
 public:
  ImageCheck(const ImageSource& source, const Protocol& protocol) : source_(source), protocol_(protocol) {}

  void see(const Image& image, std::int64_t index) {
    if (protocol_.equal_sizes && summary_.images > 0 &&
        (image.height != summary_.height || image.width != summary_.width))
      throw Error(
          source_.path(),
          "all images must be " + std::to_string(summary_.height) + "x" + std::to_string(summary_.width) +
              " as the first is: '" + source_.name(index) + "' is " + size_text(image) + " (height x width)",
          "bring them to one size, or use --protocol pytorch-fid or clean, which resize each on its own");
    Sha256 pixels;
    pixels.update(as_bytes(size_text(image) + "x" + std::to_string(image.channels) + "\n"));
    pixels.update(std::as_bytes(std::span(image.pixels)));
    summary_.append({1, image.channels == 1, image.alpha_dropped, image.deep_grey, image.first_of_many,
                     image.height, image.width, pixels.digest()});
  }

  const ExtractSummary& summary() const { return summary_; }

 private:
  const ImageSource& source_;
  const Protocol& protocol_;
  ExtractSummary summary_;
};

void check_finite(const FeatureBlock& block, const ImageSource& images,
                  std::span<const std::int64_t> indices) {
  const auto bad = std::find_if(block.features.begin(), block.features.end(),
                                [](float value) { return !std::isfinite(value); });
  if (bad == block.features.end()) return;
  const auto row = static_cast<std::size_t>((bad - block.features.begin()) * block.rows /
                                            static_cast<std::int64_t>(block.features.size()));
  throw Error(images.path(), "the features of '" + images.name(indices[row]) + "' are not finite",
              "check the detector's weights");
}

}  // namespace

std::string ExtractSummary::pixels_sha256() const { return sha256(as_bytes(image_hashes)); }

void ExtractSummary::append(const ExtractSummary& next) {
  if (images == 0) {
    height = next.height;
    width = next.width;
  }
  if (height != next.height || width != next.width) height = width = 0;
  images += next.images;
  grey_images += next.grey_images;
  alpha_images += next.alpha_images;
  deep_grey_images += next.deep_grey_images;
  first_images += next.first_images;
  image_hashes += next.image_hashes;
}

ExtractSummary extract_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                                const Detector& detector, const ExtractOptions& options,
                                const std::function<void(const FeatureBlock&)>& consume) {
  ImageCheck check(images, find_protocol(options.request.protocol));
  PrefetchingReader reader(images, indices, std::max(options.decoders, 1));
  const std::size_t largest = static_cast<std::size_t>(std::max<std::int64_t>(options.batch, 1));
  for (std::size_t begin = 0, end = 0; begin < indices.size(); begin = end) {
    std::vector<Image> batch;
    std::size_t bytes = 0;
    const std::size_t last = std::min(indices.size(), (begin / kImagesInPart + 1) * kImagesInPart);
    for (end = begin; end < last && batch.size() < largest && bytes < kMaxBatchBytes; ++end) {
      batch.push_back(reader.next().value());
      check.see(batch.back(), indices[end]);
      bytes += batch.back().pixels.size();
    }
    const std::span<const std::int64_t> part(indices.data() + begin, end - begin);
    const FeatureBlock block = detector.extract(batch, options.request);
    check_finite(block, images, part);
    consume(block);
    if (options.progress)
      options.progress(static_cast<std::int64_t>(end), static_cast<std::int64_t>(indices.size()));
  }
  const ExtractSummary& summary = check.summary();
  warn_about_images(summary, images.path(), options.warn);
  return summary;
}

void warn_about_images(const ExtractSummary& summary, const std::string& path, const Warn& warn) {
  const auto say = [&](std::int64_t count, const char* what) {
    if (warn && count > 0)
      warn(path + ": " + std::to_string(count) + " of " + std::to_string(summary.images) + " images " + what);
  };
  say(summary.grey_images, "are grey and count as three equal channels");
  say(summary.alpha_images, "have an alpha channel, which is left out");
  say(summary.deep_grey_images,
      "are 16-bit grey: the upper 8 bits are kept, where Pillow's convert('RGB') clips at 255");
  say(summary.first_images, "hold several pictures, of which the first is taken");
}

}  // namespace gdd
