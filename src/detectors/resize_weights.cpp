#include "detectors/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace gdd {
namespace {

// Keys' cubic with a = -0.5 (Pillow, Resample.c, bicubic_filter).
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

}  // namespace

std::vector<Tap> taps_tf1(std::int64_t in, const Extent& out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out.size);
  std::vector<Tap> taps;
  for (std::int64_t i = out.first; i < out.first + out.count; ++i) {
    const float source = static_cast<float>(i) * scale;
    const auto lower = static_cast<std::int64_t>(source);
    taps.push_back({lower, std::min(lower + 1, in - 1), source - static_cast<float>(lower)});
  }
  return taps;
}

std::vector<Tap> taps_half_pixel(std::int64_t in, const Extent& out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out.size);
  std::vector<Tap> taps;
  for (std::int64_t i = out.first; i < out.first + out.count; ++i) {
    const float source = std::max(scale * (static_cast<float>(i) + 0.5f) - 0.5f, 0.0f);
    const std::int64_t lower = std::min(static_cast<std::int64_t>(source), in - 1);
    taps.push_back({lower, std::min(lower + 1, in - 1), source - static_cast<float>(lower)});
  }
  return taps;
}

std::vector<Window> bicubic_windows(std::int64_t in, const Extent& out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out.size);
  const double stretch = std::max(scale, 1.0);
  const double support = 2.0 * stretch;
  std::vector<Window> windows;
  for (std::int64_t i = out.first; i < out.first + out.count; ++i) {
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

}  // namespace gdd
