#include "detectors/preparation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "base/memory_budget.h"
#include "detectors/protocol.h"
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
    {"tf1-bilinear", resize_tf1_bilinear, 0, 0},
    {"half-pixel-bilinear", resize_half_pixel_bilinear, 0, 0},
    {"pil-bicubic", resize_pil_bicubic, 0, 12},
    {"pil-bicubic-uint8", resize_pil_bicubic_uint8, 1, 1},
};

const Kernel& find_kernel(const std::string& name) {
  for (const Kernel& kernel : kKernels)
    if (name == kernel.name) return kernel;
  throw Error("resize", "'" + name + "' is not known", "known: " + resize_names());
}

// torchvision's Resize(size), CenterCrop(size): int(size * long / short), then round half to even.
void resize_and_crop(const Kernel& kernel, const ImageView& image, std::int64_t size, float* out) {
  const std::int64_t shorter = std::min(image.height, image.width);
  const std::int64_t height = image.height == shorter ? size : size * image.height / shorter;
  const std::int64_t width = image.width == shorter ? size : size * image.width / shorter;
  const auto top = std::lrint(static_cast<double>(height - size) / 2);
  const auto left = std::lrint(static_cast<double>(width - size) / 2);
  kernel.resize(image, {height, top, size}, {width, left, size}, out);
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
  if (divisor != 1) text << " / " << divisor;
  text << " - " << numbers(mean) << ") / " << numbers(std);
  return text.str();
}

std::string resize_names() {
  std::string names;
  for (const Kernel& kernel : kKernels) names += (names.empty() ? "" : ", ") + std::string(kernel.name);
  return names;
}

Preparation inception_preparation(const std::string& protocol, std::int64_t size) {
  const Protocol& asked = find_protocol(protocol);
  Preparation preparation;
  preparation.resize = asked.resize;
  preparation.size = size;
  preparation.mean.fill(asked.middle);
  preparation.std.fill(asked.middle);
  return preparation;
}

std::size_t images_at_once(const Preparation& preparation) {
  constexpr std::size_t kMost = std::size_t{256} << 20;
  const auto size = static_cast<std::size_t>(preparation.size);
  return std::max<std::size_t>(kMost / (size * size * 3 * sizeof(float)), 1);
}

at::Tensor prepare_images(std::span<const ImageView> images, const Preparation& preparation) {
  const Kernel& kernel = find_kernel(preparation.resize);
  const auto count = static_cast<std::int64_t>(images.size());
  const std::int64_t size = preparation.size, stride = size * size * 3;
  at::Tensor batch = at::empty({count, size, size, 3}, at::kFloat);
  float* const data = batch.mutable_data_ptr<float>();
  const std::int64_t parts = resized_at_once(kernel, images, size);
  at::parallel_for(0, count, (count + parts - 1) / parts, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const ImageView& image = images[static_cast<std::size_t>(i)];
      float* const out = data + i * stride;
      if (preparation.center_crop)
        resize_and_crop(kernel, image, size, out);
      else
        kernel.resize(image, size, size, out);
      for (std::int64_t k = 0; k < stride; ++k) {
        const auto c = static_cast<std::size_t>(k % 3);
        out[k] = (out[k] / preparation.divisor - preparation.mean[c]) / preparation.std[c];
      }
    }
  });
  return batch.permute({0, 3, 1, 2});  // NHWC memory seen as NCHW is channels_last
}

}  // namespace gdd
