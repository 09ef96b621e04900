#include "detectors/convolution.h"

#include <ATen/ATen.h>

#include <utility>

#include "detectors/narrow_weights.h"
#include "detectors/onednn.h"

namespace gdd {
namespace {

c10::List<std::int64_t> list(at::IntArrayRef numbers) { return c10::List<std::int64_t>(numbers); }

}  // namespace

Convolution::Convolution(at::Tensor weight, at::Tensor bias, Shape shape)
    : given_weight_(std::move(weight)), given_bias_(std::move(bias)), shape_(std::move(shape)) {}

bool Convolution::can_pack(const c10::Device& device, c10::ScalarType type) {
  return has_onednn(device, type);
}

at::MemoryFormat Convolution::format(const c10::Device& device, c10::ScalarType type) {
  return device.is_cpu() || type != at::kFloat ? at::MemoryFormat::ChannelsLast
                                               : at::MemoryFormat::Contiguous;
}

void Convolution::place(const c10::Device& device, c10::ScalarType type, bool packed) {
  weight_ = narrow_weights(given_weight_, type).to(device).contiguous(format(device, type));
  // Without oneDNN's layers a bias of another type would be a step of its own.
  bias_ = given_bias_.to(device, packed ? at::kFloat : type);
  if (packed)
    weight_ = call_onednn("mkldnn::_reorder_convolution_weight",
                          {weight_, list({shape_.padding_height, shape_.padding_width}),
                           list({shape_.stride, shape_.stride}), list({1, 1}), 1, list(shape_.input)});
}

at::Tensor Convolution::operator()(const at::Tensor& x, bool relu) const {
  if (weight_.is_mkldnn())
    return call_onednn("mkldnn::_convolution_pointwise",
                       {x, weight_, bias_, list({shape_.padding_height, shape_.padding_width}),
                        list({shape_.stride, shape_.stride}), list({1, 1}), 1, relu ? "relu" : "none",
                        c10::List<std::optional<c10::Scalar>>(), std::string()});
  const at::Tensor y = at::conv2d(x, weight_, bias_, {shape_.stride, shape_.stride},
                                  {shape_.padding_height, shape_.padding_width});
  return relu ? y.relu() : y;
}

}  // namespace gdd
