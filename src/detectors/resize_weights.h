// Along one axis: the source pixels of each wanted position and their weights, for every form of the kernels
// (resize.h, device_resize.h). Internal to this room.
#pragma once

#include <cstdint>
#include <vector>

#include "detectors/resize.h"

namespace gdd {

// out = in[lower] + (in[upper] - in[lower]) * weight
struct Tap {
  std::int64_t lower, upper;
  float weight;
};

// One for each position that `out` wants of an axis of `in` pixels.
std::vector<Tap> taps_tf1(std::int64_t in, const Extent& out);
std::vector<Tap> taps_half_pixel(std::int64_t in, const Extent& out);

// The weights of one output position, with sum 1: source positions first, first + 1, ...
struct Window {
  std::int64_t first;
  std::vector<double> weights;
};

// Pillow, Resample.c, precompute_coeffs: the filter is stretched by the scale when the image shrinks.
std::vector<Window> bicubic_windows(std::int64_t in, const Extent& out);

}  // namespace gdd
