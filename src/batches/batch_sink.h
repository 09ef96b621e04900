// Where batches of images go: files (file_sinks.h, generation/image_parts.h) or a detector
// (measurement/extract_features.h).
#pragma once

#include "batches/image_batch.h"

namespace gdd {

class BatchSink {
 public:
  virtual ~BatchSink() = default;
  virtual void take(const ImageBatch& batch) = 0;
  // After the last batch: makes the result appear. Without it nothing half-written stays behind.
  virtual void finish() {}
  // Whether it computes: then it takes its batch between two of the source's, on the same threads. Else it
  // writes, beside the source's work.
  virtual bool computes() const { return false; }
};

}  // namespace gdd
