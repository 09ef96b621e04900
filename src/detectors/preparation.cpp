#include "detectors/preparation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "base/memory_budget.h"
#include "detectors/device_resize.h"
#include "detectors/resize.h"
#include "gdd/error.h"

namespace gdd {
namespace {

struct Kernel {
  const char* name;
  void (*resize)(const ImageView&, const Extent& rows, const Extent& columns, float* out);
  // Bytes taken between the two passes, at most: for each source pixel, and for each of source height x
  // columns.
  int source_bytes, between_bytes;
};

constexpr Kernel kKernels[] = {
    {"tf1-bilinear", resize_tf1_bilinear, 0, 0},    {"half-pixel-bilinear", resize_half_pixel_bilinear, 0, 0},
    {"pil-bicubic", resize_pil_bicubic, 0, 12},     {"pil-bicubic-uint8", resize_pil_bicubic_uint8, 1, 1},
    {"torch-bicubic", resize_torch_bicubic, 0, 12},
};

const Kernel& find_kernel(const std::string& name) {
  for (const Kernel& kernel : kKernels)
    if (name == kernel.name) return kernel;
  throw Error("resize", "'" + name + "' is not known", "known: " + resize_names());
}

struct Extents {
  Extent rows, columns;
};

// What is wanted of an image. With a crop, torchvision's Resize(size), CenterCrop(size):
// int(size * long / short), then round half to even.
Extents extents_of(const Preparation& preparation, std::int64_t height, std::int64_t width) {
  const std::int64_t size = preparation.size;
  if (!preparation.center_crop) return {size, size};
  const std::int64_t shorter = std::min(height, width);
  const auto side = [&](std::int64_t length) -> Extent {
    const std::int64_t whole = length == shorter ? size : size * length / shorter;
    return {whole, std::lrint(static_cast<double>(whole - size) / 2), size};
  };
  return {side(height), side(width)};
}

// How many of the images may be resized at the same time. Error: the largest alone needs more memory than
// allowed.
std::int64_t resized_at_once(const Kernel& kernel, std::span<const ImageView> images, std::int64_t size) {
  double most = 1;
  for (const ImageView& image : images) {
    const double bytes =
        static_cast<double>(image.height) * (static_cast<double>(image.width) * kernel.source_bytes +
                                             static_cast<double>(size) * kernel.between_bytes);
    require_memory("an image of " + std::to_string(image.height) + "x" + std::to_string(image.width) +
                       " pixels (height x width)",
                   "resizing it", bytes);
    most = std::max(most, bytes);
  }
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(memory_budget()) / 2 / most),
                                  1, at::get_num_threads());
}

std::string numbers(const std::array<float, 3>& values) {
  std::ostringstream text;
  if (values[0] == values[1] && values[1] == values[2])
    text << values[0];
  else
    text << '(' << values[0] << ", " << values[1] << ", " << values[2] << ')';
  return text.str();
}

}  // namespace

std::string Preparation::name() const {
  std::ostringstream text;
  text << resize << " to " << size << 'x' << size << (center_crop ? " center-cropped" : "") << ", (v";
  if (scaling.divisor != 1) text << " / " << scaling.divisor;
  text << " - " << numbers(scaling.mean) << ") / " << numbers(scaling.std);
  return text.str();
}

std::string resize_names() {
  std::string names;
  for (const Kernel& kernel : kKernels) names += (names.empty() ? "" : ", ") + std::string(kernel.name);
  return names;
}

Preparation preparation_of(const Protocol& protocol, std::int64_t size) {
  return {protocol.resize, protocol.center_crop, size, protocol.scaling};
}

Preparation inception_preparation(const std::string& protocol, std::int64_t size) {
  return preparation_of(find_protocol(Family::kInception, protocol), size);
}

std::size_t images_at_once(const Preparation& preparation) {
  constexpr std::size_t kMost = std::size_t{256} << 20;
  const auto size = static_cast<std::size_t>(preparation.size);
  return std::max<std::size_t>(kMost / (size * size * 3 * sizeof(float)), 1);
}

at::Tensor prepare_images(std::span<const ImageView> images, const Preparation& preparation) {
  const Kernel& kernel = find_kernel(preparation.resize);
  const Scaling& scaling = preparation.scaling;
  const auto count = static_cast<std::int64_t>(images.size());
  const std::int64_t size = preparation.size, stride = size * size * 3;
  at::Tensor batch = at::empty({count, size, size, 3}, at::kFloat);
  float* const data = batch.mutable_data_ptr<float>();
  const std::int64_t parts = resized_at_once(kernel, images, size);
  at::parallel_for(0, count, (count + parts - 1) / parts, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const ImageView& image = images[static_cast<std::size_t>(i)];
      float* const out = data + i * stride;
      const Extents wanted = extents_of(preparation, image.height, image.width);
      kernel.resize(image, wanted.rows, wanted.columns, out);
      for (std::int64_t k = 0; k < stride; ++k) {
        const auto c = static_cast<std::size_t>(k % 3);
        out[k] = (out[k] / scaling.divisor - scaling.mean[c]) / scaling.std[c];
      }
    }
  });
  return batch.permute({0, 3, 1, 2});  // NHWC memory seen as NCHW is channels_last
}

at::Tensor prepare_pixels(const at::Tensor& pixels, const Preparation& preparation) {
  const Extents wanted = extents_of(preparation, pixels.size(1), pixels.size(2));
  const at::Tensor values = device_resize(preparation.resize, pixels, wanted.rows, wanted.columns);
  // As tensors on the device: a number would be divided by as its reciprocal there.
  const auto upload = [&](at::ArrayRef<float> numbers) {
    return at::tensor(numbers, at::kFloat).to(pixels.device(), /*non_blocking=*/true);
  };
  return values.div(upload(preparation.scaling.divisor))
      .sub_(upload(preparation.scaling.mean))
      .div_(upload(preparation.scaling.std))
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace gdd
