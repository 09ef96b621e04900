#include "detectors/resize.h"

#include <algorithm>
#include <vector>

#include "detectors/resize_weights.h"

namespace gdd {
namespace {

constexpr std::int64_t kChannels = 3;

// Element (y, x, c) of an image as three channels.
float pixel(const ImageView& image, std::int64_t y, std::int64_t x, std::int64_t c) {
  const std::int64_t channel = image.channels == 1 ? 0 : c;
  return image.pixels[static_cast<std::size_t>((y * image.width + x) * image.channels + channel)];
}

// Interpolates along x, then along y, in the order of TensorFlow's compute_lerp (resize_bilinear_op.cc).
void bilinear(const ImageView& image, const std::vector<Tap>& rows, const std::vector<Tap>& columns,
              float* out) {
  for (const Tap& y : rows)
    for (const Tap& x : columns)
      for (std::int64_t c = 0; c < kChannels; ++c) {
        const float top_left = pixel(image, y.lower, x.lower, c),
                    top_right = pixel(image, y.lower, x.upper, c);
        const float bottom_left = pixel(image, y.upper, x.lower, c);
        const float bottom_right = pixel(image, y.upper, x.upper, c);
        const float top = top_left + (top_right - top_left) * x.weight;
        const float bottom = bottom_left + (bottom_right - bottom_left) * x.weight;
        *out++ = top + (bottom - top) * y.weight;
      }
}

// The source positions that windows reach: first, ..., last - 1. From there on the windows count.
struct Reach {
  std::int64_t first, last;
};

Reach take_reach(std::vector<Window>& windows) {
  Reach reach{windows.front().first, 0};
  for (Window& window : windows) {
    reach.last = std::max(reach.last, window.first + static_cast<std::int64_t>(window.weights.size()));
    window.first -= reach.first;
  }
  return reach;
}

// Pillow, Resample.c, normalize_coeffs_8bpc and clip8: 22 bits behind the point, rounded.
constexpr int kFixedBits = 32 - 8 - 2;

std::vector<std::int32_t> fixed_point(const std::vector<double>& weights) {
  std::vector<std::int32_t> fixed;
  for (const double weight : weights)
    fixed.push_back(static_cast<std::int32_t>(weight * (1 << kFixedBits) + (weight < 0 ? -0.5 : 0.5)));
  return fixed;
}

// One pass along an axis: `lines` lines of `in` source values `step` apart, lines `line` apart.
struct Axis {
  std::int64_t lines, line, step;
};

void resample(const std::vector<std::uint8_t>& in, Axis from, const std::vector<Window>& windows,
              std::vector<std::uint8_t>& out, Axis to) {
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const std::vector<std::int32_t> weights = fixed_point(windows[k].weights);
    for (std::int64_t i = 0; i < from.lines; ++i) {
      std::int32_t sum = 1 << (kFixedBits - 1);
      std::int64_t at = i * from.line + windows[k].first * from.step;
      for (const std::int32_t weight : weights) {
        sum += weight * in[static_cast<std::size_t>(at)];
        at += from.step;
      }
      out[static_cast<std::size_t>(i * to.line + static_cast<std::int64_t>(k) * to.step)] =
          static_cast<std::uint8_t>(std::clamp(sum >> kFixedBits, 0, 255));
    }
  }
}

// Some rows and columns of one channel as a plane of its own.
std::vector<std::uint8_t> plane(const ImageView& image, std::int64_t c, Reach rows, Reach columns) {
  std::vector<std::uint8_t> values;
  values.reserve(static_cast<std::size_t>((rows.last - rows.first) * (columns.last - columns.first)));
  for (std::int64_t y = rows.first; y < rows.last; ++y)
    for (std::int64_t x = columns.first; x < columns.last; ++x)
      values.push_back(static_cast<std::uint8_t>(pixel(image, y, x, c)));
  return values;
}

// Antialiased bicubic, rows then columns, float32 between.
void bicubic(const ImageView& image, const Extent& rows, const Extent& columns, float* out) {
  const std::vector<Window> across = bicubic_windows(image.width, columns);
  std::vector<Window> down = bicubic_windows(image.height, rows);
  const Reach reach = take_reach(down);
  const std::int64_t row = columns.count * kChannels;
  std::vector<float> between(static_cast<std::size_t>((reach.last - reach.first) * row));
  float* next = between.data();
  for (std::int64_t y = reach.first; y < reach.last; ++y)
    for (const Window& window : across)
      for (std::int64_t c = 0; c < kChannels; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < window.weights.size(); ++k)
          sum += double{pixel(image, y, window.first + static_cast<std::int64_t>(k), c)} * window.weights[k];
        *next++ = static_cast<float>(sum);
      }
  for (const Window& window : down)
    for (std::int64_t i = 0; i < row; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < window.weights.size(); ++k)
        sum +=
            double{
                between[static_cast<std::size_t>((window.first + static_cast<std::int64_t>(k)) * row + i)]} *
            window.weights[k];
      *out++ = static_cast<float>(sum);
    }
}

}  // namespace

void resize_tf1_bilinear(const ImageView& image, const Extent& rows, const Extent& columns, float* out) {
  bilinear(image, taps_tf1(image.height, rows), taps_tf1(image.width, columns), out);
}

void resize_half_pixel_bilinear(const ImageView& image, const Extent& rows, const Extent& columns,
                                float* out) {
  bilinear(image, taps_half_pixel(image.height, rows), taps_half_pixel(image.width, columns), out);
}

void resize_pil_bicubic(const ImageView& image, const Extent& rows, const Extent& columns, float* out) {
  bicubic(image, rows, columns, out);
  for (float* const end = out + rows.count * columns.count * kChannels; out != end; ++out)
    *out = std::clamp(*out, 0.0f, 255.0f);
}

void resize_torch_bicubic(const ImageView& image, const Extent& rows, const Extent& columns, float* out) {
  bicubic(image, rows, columns, out);
}

// Pillow leaves out a pass along an axis that keeps its size.
void resize_pil_bicubic_uint8(const ImageView& image, const Extent& rows, const Extent& columns, float* out) {
  const bool passes_across = image.width != columns.size, passes_down = image.height != rows.size;
  std::vector<Window> across = bicubic_windows(image.width, columns);
  std::vector<Window> down = bicubic_windows(image.height, rows);
  const Reach x = passes_across ? take_reach(across) : Reach{columns.first, columns.first + columns.count};
  const Reach y = passes_down ? take_reach(down) : Reach{rows.first, rows.first + rows.count};
  const std::int64_t lines = y.last - y.first, width = columns.count;
  for (std::int64_t c = 0; c < kChannels; ++c) {
    std::vector<std::uint8_t> values = plane(image, c, y, x);
    if (passes_across) {
      std::vector<std::uint8_t> wide(static_cast<std::size_t>(lines * width));
      resample(values, {lines, x.last - x.first, 1}, across, wide, {lines, width, 1});
      values = std::move(wide);
    }
    if (passes_down) {
      std::vector<std::uint8_t> high(static_cast<std::size_t>(rows.count * width));
      resample(values, {width, 1, width}, down, high, {width, 1, width});
      values = std::move(high);
    }
    for (std::size_t i = 0; i < values.size(); ++i)
      out[i * static_cast<std::size_t>(kChannels) + static_cast<std::size_t>(c)] = values[i];
  }
}

}  // namespace gdd
