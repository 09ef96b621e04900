// Images -> features: checks sizes, and runs the detector batch by batch. Memory does not grow with N.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/observer.h"
#include "batches/batch_sink.h"
#include "batches/batch_source.h"
#include "detectors/detector.h"
#include "images/labels.h"

namespace gdd {

struct ExtractOptions {
  DetectorRequest request;
  std::int64_t batch = 64;      // images at once, at least 1, and never more than a part; upstream's default
  std::string what = "images";  // the work, for the observer
};

struct ExtractSummary {
  std::int64_t images = 0;
  std::int64_t grey_images = 0;        // counted as three equal channels
  std::int64_t alpha_images = 0;       // their alpha channel is left out
  std::int64_t deep_grey_images = 0;   // of 16 bits, of which the upper 8 are kept
  std::int64_t first_images = 0;       // the first of an animation or of pages
  std::int64_t height = 0, width = 0;  // of all images; 0: they differ
  Labels labels;                       // of all of them, where they are known: of images from seeds
  std::string image_hashes;  // 64 hexadecimal digits an image: SHA-256 of its size and decoded pixels

  // Of the images in order, whatever file held them: SHA-256 over those digits.
  std::string pixels_sha256() const;
  // `next` comes behind these.
  void append(const ExtractSummary& next);
};

// A sink that measures: each batch goes through the detector, in float32 whatever the device could do faster,
// and its features to `consume`; those of a device while it has the next batch, the last with finish(). All
// arguments live longer. Errors: an image of another size where the protocol wants equal ones (named);
// features that are not finite (named), of a device one batch later.
class FeatureSink : public BatchSink {
 public:
  using Consume = std::function<void(const FeatureBlock&)>;
  FeatureSink(const ImageSet& images, const Detector& detector, DetectorRequest request, Consume consume)
      : images_(images), detector_(detector), request_(std::move(request)), consume_(std::move(consume)) {}

  void take(const ImageBatch& batch) override;
  void finish() override { hand_on(); }
  bool computes() const override { return true; }
  const ExtractSummary& summary() const { return summary_; }

 private:
  struct Measured {
    std::int64_t first;  // position of the first of its images
    PendingFeatures features;
  };

  void see(const ImageView& image, std::int64_t position);
  void hand_on();

  const ImageSet& images_;
  const Detector& detector_;
  DetectorRequest request_;
  Consume consume_;
  ExtractSummary summary_;
  std::optional<Measured> measured_;  // and not handed on
};

// The images at first <= i < last through one sink. Throws Stopped. Errors: of FeatureSink and the source.
ExtractSummary extract_features(ImageSet& images, std::int64_t first, std::int64_t last,
                                const Detector& detector, const ExtractOptions& options, Observer& observer,
                                const FeatureSink::Consume& consume);

// Error: the images differ in size, and the protocol wants them equal.
void check_equal_sizes(const ExtractSummary& summary, const std::string& where, const Protocol& protocol);

// The stated policies about images that hold more or less than 8-bit RGB, as a warning with their numbers
// where there are any.
void warn_about_images(const ExtractSummary& summary, const std::string& path, Observer& observer);

}  // namespace gdd
