// The images of a batch as a network takes them, prepared where it computes. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>
#include <vector>

#include "batches/image_batch.h"
#include "detectors/preparation.h"

namespace gdd {

class BatchPreparation {
 public:
  // For a network on `device`. `batch` lives longer.
  BatchPreparation(const ImageBatch& batch, Preparation preparation, const c10::Device& device);

  std::int64_t size() const { return size_; }
  // Images from `first` on, [count, 3, size, size] float32, channels_last: on the device where the resize has
  // a form for it (device_resize.h), from the pixels that the batch has there, or from its bytes, which are a
  // tenth of what is made of them; else on the CPU. Errors: those of prepare_images.
  at::Tensor images(std::int64_t first, std::int64_t count) const;

 private:
  Preparation preparation_;
  c10::Device device_;
  std::int64_t size_;
  at::Tensor pixels_;             // on the device, or undefined
  std::vector<ImageView> views_;  // else
};

// Images of any sizes, at least one, carried to `device` and prepared there. Error: a resize that has no form
// for a device.
at::Tensor prepare_on_device(std::span<const ImageView> images, const Preparation& preparation,
                             const c10::Device& device);

}  // namespace gdd
