// Images -> features: decodes, checks sizes, and runs the detector batch by batch. Memory does not grow with
// N.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "detectors/detector.h"
#include "images/source.h"

namespace gdd {

// So many images make a part, the unit that ranks and shards share. No batch holds images of two parts, so
// the features of one depend on no other, whoever extracts it and whatever --batch is.
inline constexpr std::int64_t kImagesInPart = 512;

struct ExtractOptions {
  DetectorRequest request;
  std::int64_t batch = 64;  // images at once, at least 1, and never more than a part; upstream's default
  int decoders = 2;         // threads that decode ahead of the detector
  Progress progress;        // may be empty
  Warn warn;                // may be empty
  Warn note;                // the same, for what is as it should be ("out: 24 images")
};

struct ExtractSummary {
  std::int64_t images = 0;
  std::int64_t grey_images = 0;        // counted as three equal channels
  std::int64_t alpha_images = 0;       // their alpha channel is left out
  std::int64_t deep_grey_images = 0;   // of 16 bits, of which the upper 8 are kept
  std::int64_t first_images = 0;       // the first of an animation or of pages
  std::int64_t height = 0, width = 0;  // of all images; 0: they differ
  std::string image_hashes;  // 64 hexadecimal digits an image: SHA-256 of its size and decoded pixels

  // Of the images in order, whatever file held them: SHA-256 over those digits.
  std::string pixels_sha256() const;
  // `next` comes behind these.
  void append(const ExtractSummary& next);
};

// Extracts `indices` of `images` in that order and hands each block to `consume`. Errors: an image of another
// size where the protocol wants equal ones (named); a damaged image; features that are not finite (named).
ExtractSummary extract_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                                const Detector& detector, const ExtractOptions& options,
                                const std::function<void(const FeatureBlock&)>& consume);

// The stated policies about images that hold more or less than 8-bit RGB, as a warning with their numbers
// where there are any.
void warn_about_images(const ExtractSummary& summary, const std::string& path, const Warn& warn);

}  // namespace gdd
