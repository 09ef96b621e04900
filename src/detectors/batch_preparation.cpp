#include "detectors/batch_preparation.h"

#include <ATen/ATen.h>

#include <span>
#include <utility>

#include "detectors/device_resize.h"

namespace gdd {

BatchPreparation::BatchPreparation(const ImageBatch& batch, Preparation preparation,
                                   const c10::Device& device)
    : preparation_(std::move(preparation)), size_(batch.size()) {
  const at::Tensor& pixels = batch.device_pixels;
  if (pixels.defined() && pixels.device() == device && has_device_resize(preparation_.resize))
    pixels_ = pixels;
  else
    views_ = batch.views();
}

at::Tensor BatchPreparation::images(std::int64_t first, std::int64_t count) const {
  if (pixels_.defined()) return prepare_pixels(pixels_.slice(0, first, first + count), preparation_);
  return prepare_images(
      std::span(views_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
      preparation_);
}

}  // namespace gdd
