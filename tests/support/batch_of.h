// Images that a test has already, as a batch.
#pragma once

#include <utility>
#include <vector>

#include "batches/image_batch.h"

namespace gdd::testing_support {

inline ImageBatch batch_of(std::vector<Image> images) {
  ImageBatch batch;
  batch.images = std::move(images);
  return batch;
}

}  // namespace gdd::testing_support
