#include "batches/image_batch.h"

#include <ATen/ATen.h>

#include <utility>

namespace gdd {
namespace {

template <class T>
std::vector<T> piece(const std::vector<T>& values, std::int64_t from, std::int64_t to) {
  return values.empty() ? values : std::vector<T>(values.begin() + from, values.begin() + to);
}

at::Tensor piece(const at::Tensor& values, std::int64_t from, std::int64_t to) {
  return values.defined() ? values.slice(0, from, to) : values;
}

}  // namespace

std::int64_t ImageBatch::size() const { return pixels.defined() ? pixels.size(0) : std::ssize(images); }

std::vector<ImageView> ImageBatch::views() const {
  if (!pixels.defined()) return {images.begin(), images.end()};
  std::vector<ImageView> list;
  const std::int64_t each = pixels.numel() / pixels.size(0);
  const std::uint8_t* data = pixels.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < pixels.size(0); ++i, data += each)
    list.emplace_back(static_cast<int>(pixels.size(1)), static_cast<int>(pixels.size(2)),
                      static_cast<int>(pixels.size(3)), data);
  return list;
}

Image ImageBatch::image(std::int64_t i) const {
  if (!pixels.defined()) return images.at(static_cast<std::size_t>(i));
  const ImageView view = part(i, i + 1).views().front();  // of the same memory
  return {view.height, view.width, view.channels, {view.pixels, view.pixels + view.size()}};
}

std::vector<Image> ImageBatch::list() const {
  std::vector<Image> copies;
  for (std::int64_t i = 0; i < size(); ++i) copies.push_back(image(i));
  return copies;
}

ImageBatch ImageBatch::part(std::int64_t from, std::int64_t to) const {
  return {number,
          first + from,
          piece(pixels, from, to),
          piece(images, from, to),
          piece(items, from, to),
          piece(floats, from, to),
          piece(device_pixels, from, to)};
}

ImageBatch joined(ImageBatch batch, const ImageBatch& next) {
  if (batch.pixels.defined() != next.pixels.defined()) {  // one was read from files, the other made
    batch.images = batch.list();
    batch.pixels = at::Tensor();
  }
  if (batch.pixels.defined()) {
    batch.pixels = at::cat({batch.pixels, next.pixels});
  } else {
    const std::vector<Image> more = next.list();
    batch.images.insert(batch.images.end(), more.begin(), more.end());
  }
  if (batch.floats.defined()) batch.floats = at::cat({batch.floats, next.floats});
  const bool on_device = batch.device_pixels.defined() && next.device_pixels.defined();
  batch.device_pixels = on_device ? at::cat({batch.device_pixels, next.device_pixels}) : at::Tensor();
  batch.items.insert(batch.items.end(), next.items.begin(), next.items.end());
  return batch;
}

}  // namespace gdd
