// How an image becomes what a feature network takes: resize, crop, scaling. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <string>

#include "images/image.h"

namespace gdd {

struct Preparation {
  std::string resize = "tf1-bilinear";  // see resize_kernels() in preparation.cpp
  bool center_crop = false;             // the short side is brought to `size`, then the middle is cut out
  std::int64_t size = 299;              // pixels a side
  // A value v of 0..255 becomes ((v / divisor) - mean[c]) / std[c], in float32.
  float divisor = 1;
  std::array<float, 3> mean{128, 128, 128}, std{128, 128, 128};

  // "tf1-bilinear to 299x299, (v - 128) / 128": one name for one way, which stands in reports.
  std::string name() const;
};

// What the table of protocols says of Inception v3. Usage error: another name.
Preparation inception_preparation(const std::string& protocol, std::int64_t size);

// Names that Preparation::resize may have, for messages.
std::string resize_names();

// So many images that [N, 3, size, size] takes at most 256 MB; at least 1.
std::size_t images_at_once(const Preparation& preparation);

// [N, 3, size, size] float32, channels_last, on the CPU. Error: a resize that is not known.
at::Tensor prepare_images(std::span<const ImageView> images, const Preparation& preparation);

// The same of images of one size, uint8 [N,H,W,C] on any device: there, and as near as device_resize.h says.
// Error: a resize that has no form for a device.
at::Tensor prepare_pixels(const at::Tensor& pixels, const Preparation& preparation);

}  // namespace gdd
