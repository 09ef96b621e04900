#include "detectors/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gdd {
namespace {

constexpr std::int64_t kChannels = 3;

// Element (y, x, c) of an image as three channels.
float pixel(const Image& image, std::int64_t y, std::int64_t x, std::int64_t c) {
  const std::int64_t channel = image.channels == 1 ? 0 : c;
  return image.pixels[static_cast<std::size_t>((y * image.width + x) * image.channels + channel)];
}

// out = (1 - weight) * in[lower] + weight * in[upper]
struct Tap {
  std::int64_t lower, upper;
  float weight;
};

std::vector<Tap> taps_tf1(std::int64_t in, std::int64_t out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  std::vector<Tap> taps;
  for (std::int64_t i = 0; i < out; ++i) {
    const float source = static_cast<float>(i) * scale;
    const auto lower = static_cast<std::int64_t>(source);
    taps.push_back({lower, std::min(lower + 1, in - 1), source - static_cast<float>(lower)});
  }
  return taps;
}

std::vector<Tap> taps_half_pixel(std::int64_t in, std::int64_t out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  std::vector<Tap> taps;
  for (std::int64_t i = 0; i < out; ++i) {
    const float source = std::max(scale * (static_cast<float>(i) + 0.5f) - 0.5f, 0.0f);
    const std::int64_t lower = std::min(static_cast<std::int64_t>(source), in - 1);
    taps.push_back({lower, std::min(lower + 1, in - 1), source - static_cast<float>(lower)});
  }
  return taps;
}

// Interpolates along x, then along y, in the order of TensorFlow's compute_lerp (resize_bilinear_op.cc).
void bilinear(const Image& image, const std::vector<Tap>& rows, const std::vector<Tap>& columns, float* out) {
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

// Keys' cubic with a = -0.5 (Pillow, Resample.c, bicubic_filter).
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// The weights of one output position: source positions first, first + 1, ...
struct Window {
  std::int64_t first;
  std::vector<double> weights;
};

// Pillow, Resample.c, precompute_coeffs: the filter is stretched by the scale when the image shrinks.
std::vector<Window> bicubic_windows(std::int64_t in, std::int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = std::max(scale, 1.0);
  const double support = 2.0 * stretch;
  std::vector<Window> windows;
  for (std::int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(center - support + 0.5), 0);
    const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(center + support + 0.5), in);
    Window window{first, {}};
    double sum = 0;
    for (std::int64_t x = first; x < last; ++x) {
      const double weight = bicubic((static_cast<double>(x) - center + 0.5) * (1.0 / stretch));
      window.weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : window.weights) weight /= sum;
    windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace

void resize_tf1_bilinear(const Image& image, std::int64_t height, std::int64_t width, float* out) {
  bilinear(image, taps_tf1(image.height, height), taps_tf1(image.width, width), out);
}

void resize_half_pixel_bilinear(const Image& image, std::int64_t height, std::int64_t width, float* out) {
  bilinear(image, taps_half_pixel(image.height, height), taps_half_pixel(image.width, width), out);
}

void resize_pil_bicubic(const Image& image, std::int64_t height, std::int64_t width, float* out) {
  const std::vector<Window> columns = bicubic_windows(image.width, width);
  const std::vector<Window> rows = bicubic_windows(image.height, height);
  std::vector<float> between(static_cast<std::size_t>(image.height * width * kChannels));
  float* next = between.data();
  for (std::int64_t y = 0; y < image.height; ++y)
    for (const Window& window : columns)
      for (std::int64_t c = 0; c < kChannels; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < window.weights.size(); ++k)
          sum += double{pixel(image, y, window.first + static_cast<std::int64_t>(k), c)} * window.weights[k];
        *next++ = static_cast<float>(sum);
      }
  const std::int64_t row = width * kChannels;
  for (const Window& window : rows)
    for (std::int64_t i = 0; i < row; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < window.weights.size(); ++k)
        sum +=
            double{
                between[static_cast<std::size_t>((window.first + static_cast<std::int64_t>(k)) * row + i)]} *
            window.weights[k];
      *out++ = std::clamp(static_cast<float>(sum), 0.0f, 255.0f);
    }
}

}  // namespace gdd
