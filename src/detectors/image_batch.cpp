#include "detectors/image_batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "detectors/resize.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Resize = void (*)(const Image&, std::int64_t height, std::int64_t width, float* out);

// How a protocol brings 0..255 to the network's range: (x - subtract) / divide.
struct Preparation {
  const char* protocol;
  Resize resize;
  float subtract, divide;
};

// pytorch-fid's 2 (x / 255) - 1 is (x - 127.5) / 127.5: white is 1 there and 0.992 elsewhere.
constexpr Preparation kPreparations[] = {
    {"edm", resize_tf1_bilinear, 128.0f, 128.0f},
    {"adm", resize_tf1_bilinear, 128.0f, 128.0f},
    {"torch-fidelity", resize_tf1_bilinear, 128.0f, 128.0f},
    {"pytorch-fid", resize_half_pixel_bilinear, 127.5f, 127.5f},
    {"clean", resize_pil_bicubic, 128.0f, 128.0f},
};

const Preparation& find_preparation(const std::string& protocol) {
  for (const Preparation& preparation : kPreparations)
    if (protocol == preparation.protocol) return preparation;
  throw Error::usage("--protocol", "'" + protocol + "' is not known",
                     "choose edm, adm, pytorch-fid, clean or torch-fidelity");
}

}  // namespace

at::Tensor prepare_images(std::span<const Image> images, const std::string& protocol, std::int64_t size) {
  const Preparation& preparation = find_preparation(protocol);
  const auto count = static_cast<std::int64_t>(images.size());
  at::Tensor batch = at::empty({count, size, size, 3}, at::kFloat);
  float* const data = batch.mutable_data_ptr<float>();
  const std::int64_t stride = size * size * 3;
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      float* const out = data + i * stride;
      preparation.resize(images[static_cast<std::size_t>(i)], size, size, out);
      for (std::int64_t k = 0; k < stride; ++k) out[k] = (out[k] - preparation.subtract) / preparation.divide;
    }
  });
  return batch.permute({0, 3, 1, 2});  // NHWC memory seen as NCHW is channels_last
}

}  // namespace gdd
