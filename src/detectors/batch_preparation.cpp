#include "detectors/batch_preparation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "detectors/device_resize.h"

namespace gdd {
namespace {

// Images of one size that follow each other, so many that the float32 planes made of them on the way stay
// small beside a network's activations.
std::size_t alike(std::span<const ImageView> images) {
  constexpr std::size_t kMostBytes = std::size_t{128} << 20;
  const ImageView& first = images[0];
  const std::size_t most = std::max<std::size_t>(kMostBytes / (first.size() * sizeof(float)), 1);
  std::size_t count = 1;
  while (count < std::min(most, images.size()) && images[count].height == first.height &&
         images[count].width == first.width && images[count].channels == first.channels)
    ++count;
  return count;
}

// uint8 [N,H,W,C] of images of one size, on the device; the bus takes them while the CPU goes on.
at::Tensor carry(std::span<const ImageView> images, const c10::Device& device) {
  const ImageView& first = images[0];
  const at::Tensor pixels = at::empty({std::ssize(images), first.height, first.width, first.channels},
                                      at::TensorOptions().dtype(at::kByte).pinned_memory(device.is_cuda()));
  auto* place = pixels.mutable_data_ptr<std::uint8_t>();
  for (const ImageView& image : images) place = std::copy_n(image.pixels, image.size(), place);
  return pixels.to(device, /*non_blocking=*/true);
}

}  // namespace

at::Tensor prepare_on_device(std::span<const ImageView> images, const Preparation& preparation,
                             const c10::Device& device) {
  std::vector<at::Tensor> prepared;
  for (std::size_t begin = 0; begin < images.size();) {
    const std::size_t count = alike(images.subspan(begin));
    prepared.push_back(prepare_pixels(carry(images.subspan(begin, count), device), preparation));
    begin += count;
  }
  return prepared.size() == 1 ? prepared[0] : at::cat(prepared);
}

BatchPreparation::BatchPreparation(const ImageBatch& batch, Preparation preparation,
                                   const c10::Device& device)
    : preparation_(std::move(preparation)), device_(device), size_(batch.size()) {
  const at::Tensor& pixels = batch.device_pixels;
  if (pixels.defined() && pixels.device() == device && has_device_resize(preparation_.resize))
    pixels_ = pixels;
  else
    views_ = batch.views();
}

at::Tensor BatchPreparation::images(std::int64_t first, std::int64_t count) const {
  if (pixels_.defined()) return prepare_pixels(pixels_.slice(0, first, first + count), preparation_);
  const auto chosen =
      std::span(views_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  if (!device_.is_cpu() && has_device_resize(preparation_.resize))
    return prepare_on_device(chosen, preparation_, device_);
  return prepare_images(chosen, preparation_);
}

}  // namespace gdd
