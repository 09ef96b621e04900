// How an image becomes what a feature network takes: resize, crop, scaling. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "detectors/protocol.h"
#include "images/image.h"

namespace gdd {

struct Preparation {
  std::string resize = "tf1-bilinear";  // see resize_kernels() in preparation.cpp
  bool center_crop = false;             // the short side is brought to `size`, then the middle is cut out
  std::int64_t size = 299;              // pixels a side
  Scaling scaling;

  // "tf1-bilinear to 299x299, (v - 128) / 128": one name for one way, which stands in reports.
  std::string name() const;
};

// What a protocol says, for a network that takes `size` pixels a side.
Preparation preparation_of(const Protocol& protocol, std::int64_t size);
// The same of Inception v3's protocol of that name. Usage error: another name.
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
