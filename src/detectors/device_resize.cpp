#include "detectors/device_resize.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "base/printable.h"
#include "detectors/resize_weights.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::int64_t kRowAxis = 1, kColumnAxis = 2;

// What was computed on the CPU, without waiting for the device: memory that is not pinned is copied before
// the call returns.
at::Tensor upload(const at::Tensor& values, const at::Tensor& pixels) {
  return values.to(pixels.device(), /*non_blocking=*/true);
}

// [1, ..., count, ..., 1], to multiply [N,H,W,3] with along an axis.
at::Tensor along(const at::Tensor& values, std::int64_t axis) {
  std::vector<std::int64_t> shape(4, 1);
  shape[static_cast<std::size_t>(axis)] = values.numel();
  return values.reshape(shape);
}

// Three kernels, not at::lerp or addcmul, which may fuse a product with a sum.
at::Tensor interpolate(const at::Tensor& pixels, const std::vector<Tap>& taps, std::int64_t axis) {
  std::vector<std::int64_t> lowers, uppers;
  std::vector<float> weights;
  for (const Tap& tap : taps) {
    lowers.push_back(tap.lower);
    uppers.push_back(tap.upper);
    weights.push_back(tap.weight);
  }
  const auto pick = [&](const std::vector<std::int64_t>& positions) {
    return pixels.index_select(axis, upload(at::tensor(positions, at::kLong), pixels)).to(at::kFloat);
  };
  const at::Tensor lower = pick(lowers);
  return pick(uppers)
      .sub_(lower)
      .mul_(along(upload(at::tensor(weights, at::kFloat), pixels), axis))
      .add_(lower);
}

using Taps = std::vector<Tap> (*)(std::int64_t in, const Extent& out);

// Along x, then along y, as the scalar kernel; each line along x is made once.
at::Tensor bilinear(Taps taps, const at::Tensor& pixels, const Extent& rows, const Extent& columns) {
  const at::Tensor wide = interpolate(pixels, taps(pixels.size(kColumnAxis), columns), kColumnAxis);
  return interpolate(wide, taps(pixels.size(kRowAxis), rows), kRowAxis);
}

// The windows as a matrix, float64 [out.count, in].
at::Tensor window_matrix(std::int64_t in, const Extent& out) {
  const std::vector<Window> windows = bicubic_windows(in, out);
  at::Tensor matrix = at::zeros({out.count, in}, at::kDouble);
  auto* row = matrix.mutable_data_ptr<double>();
  for (const Window& window : windows) {
    std::copy(window.weights.begin(), window.weights.end(), row + window.first);
    row += in;
  }
  return matrix;
}

// float32 between the passes, as Pillow.
at::Tensor bicubic(const at::Tensor& pixels, const Extent& rows, const Extent& columns) {
  const at::Tensor across = upload(window_matrix(pixels.size(kColumnAxis), columns), pixels),
                   down = upload(window_matrix(pixels.size(kRowAxis), rows), pixels);
  const at::Tensor planes = pixels.permute({0, 3, 1, 2}).to(at::kDouble);  // [N,3,H,W]
  const at::Tensor wide = at::matmul(planes, across.t()).to(at::kFloat);
  return at::matmul(down, wide.to(at::kDouble)).to(at::kFloat).permute({0, 2, 3, 1});
}

Taps taps_of(const std::string& name) {
  if (name == "tf1-bilinear") return taps_tf1;
  return name == "half-pixel-bilinear" ? taps_half_pixel : nullptr;
}

}  // namespace

bool has_device_resize(const std::string& name) {
  return taps_of(name) || name == "pil-bicubic" || name == "torch-bicubic";
}

at::Tensor device_resize(const std::string& name, const at::Tensor& pixels, const Extent& rows,
                         const Extent& columns) {
  if (!has_device_resize(name)) throw Error("resize", gdd::quoted(name) + " has no form for a device");
  at::Tensor resized =
      taps_of(name) ? bilinear(taps_of(name), pixels, rows, columns) : bicubic(pixels, rows, columns);
  if (name == "pil-bicubic") resized.clamp_(0, 255);
  return resized.expand({-1, -1, -1, 3});
}

}  // namespace gdd
