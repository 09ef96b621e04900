// Where batches of images come from: files (stored_batches.h) or seeds (generation/generated_batches.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "batches/image_batch.h"

namespace gdd {

class BatchSource {
 public:
  virtual ~BatchSource() = default;
  // The next batch, in order; nothing: there is none left.
  virtual std::optional<ImageBatch> next() = 0;
  // The last batch was handed to its sinks: what comes behind it may be begun.
  virtual void look_ahead() {}
};

// So many images make a part of a set, the unit that ranks and shards share and that is kept. No batch that
// is measured holds images of two parts, so the features of one depend on no other, whoever extracts it and
// whatever --batch is.
inline constexpr std::int64_t kImagesInPart = 512;
inline std::int64_t parts_of(std::int64_t images) { return (images + kImagesInPart - 1) / kImagesInPart; }

// Where a batch ends that begins at `position`, of at most `largest` images and none at or behind `last`.
inline std::int64_t batch_end(std::int64_t position, std::int64_t last, std::int64_t largest) {
  return std::min({last, position + largest, (position / kImagesInPart + 1) * kImagesInPart});
}

// Images that can be had by position, wherever they come from.
class ImageSet {
 public:
  virtual ~ImageSet() = default;
  virtual std::int64_t size() const = 0;
  virtual const std::string& where() const = 0;               // for messages: "folder/", "network.pkl"
  virtual std::string name(std::int64_t position) const = 0;  // of an image, for messages after where()
  // The images at positions first <= i < last, in order, at most `batch` at once and never of two parts.
  // Ranges are asked for one after the other; where one follows the last, nothing is made twice.
  virtual std::unique_ptr<BatchSource> range(std::int64_t first, std::int64_t last, std::int64_t batch) = 0;
  // Whether what the set itself keeps of these images (files, where it makes them) is there.
  virtual bool has_kept(std::int64_t /*first*/, std::int64_t /*last*/) { return true; }
  // So many images are made together, whichever of them is asked for.
  virtual std::int64_t together() const { return 1; }
  // What is asked for next lies before `position`, so that it may be begun ahead of time.
  virtual void until(std::int64_t /*position*/) {}
  virtual void wait() {}  // until all of that is written
};

}  // namespace gdd
