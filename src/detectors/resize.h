// The ways in which FID tools bring an image to the detector's size. Each writes float32 on the scale
// 0..255, rows.count x columns.count x 3 with channels interleaved; a grey image gives three equal channels.
// What lies outside the wanted part is not computed and takes no memory.
#pragma once

#include <cstdint>

#include "images/image.h"

namespace gdd {

// Along one axis: the image is brought to `size`, and `count` positions from `first` on are wanted of it.
struct Extent {
  Extent(std::int64_t whole) : size(whole), count(whole) {}
  Extent(std::int64_t whole, std::int64_t from, std::int64_t wanted)
      : size(whole), first(from), count(wanted) {}

  std::int64_t size, first = 0, count;
};

// TensorFlow 1's resize_bilinear without align_corners (legacy: no half-pixel centres, no antialiasing):
// source = i * in / out in float32. Agrees with TensorFlow's CPU kernel to the bit.
void resize_tf1_bilinear(const ImageView& image, const Extent& rows, const Extent& columns, float* out);

// torch.nn.functional.interpolate(mode="bilinear", align_corners=False), as pytorch-fid: half-pixel centres,
// no antialiasing.
void resize_half_pixel_bilinear(const ImageView& image, const Extent& rows, const Extent& columns,
                                float* out);

// Pillow's Image.resize(BICUBIC) on each channel in mode 'F' (antialiased, a = -0.5, rows then columns,
// float32 between), clipped to 0..255 and not rounded, as clean-fid.
void resize_pil_bicubic(const ImageView& image, const Extent& rows, const Extent& columns, float* out);

// torch.nn.functional.interpolate(mode="bicubic", antialias=True) of float32, as EDM2's DINOv2 detector: the
// same windows, neither clipped nor rounded.
void resize_torch_bicubic(const ImageView& image, const Extent& rows, const Extent& columns, float* out);

// Pillow's Image.resize(BICUBIC) of an RGB image: the same windows in fixed point, each pass rounded to
// uint8, as torchvision's Resize and CLIP's preprocessing have it. To the bit. Along the rows first, always:
// since version 13 Pillow goes along the columns first where the height shrinks much more than the width.
void resize_pil_bicubic_uint8(const ImageView& image, const Extent& rows, const Extent& columns, float* out);

}  // namespace gdd
