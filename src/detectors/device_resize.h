// The kernels of resize.h as expressions of torch, for batches that lie on a device and need not leave it.
// Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "detectors/resize.h"

namespace gdd {

// Whether the kernel of that name has such a form: tf1-bilinear, half-pixel-bilinear, pil-bicubic,
// torch-bicubic.
bool has_device_resize(const std::string& name);

// `pixels` uint8 [N,H,W,C], C 1 or 3, on any device -> float32 [N, rows.count, columns.count, 3] there, on
// the scale 0..255; grey gives three equal channels. The bilinear ones are equal to the scalar kernels to the
// bit: the same float32 operations in the same order, each rounded on its own. pil-bicubic adds in float64
// as the scalar kernel does, but in any order: each of its two roundings to float32 may fall one ulp apart,
// which the second pass may carry to 4e-5 of 255. Only the matrices of pil-bicubic may wait for the
// device. Error: has_device_resize() is false.
at::Tensor device_resize(const std::string& name, const at::Tensor& pixels, const Extent& rows,
                         const Extent& columns);

}  // namespace gdd
