#include "detectors/convolution.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "detectors/narrow_weights.h"
#include "detectors/onednn.h"

namespace gdd {
namespace {

c10::List<std::int64_t> list(at::IntArrayRef numbers) { return c10::List<std::int64_t>(numbers); }

// One kernel for a convolution, its bias and its ReLU: reduced layers of Inception are 1.32 times as fast by
// it (H200). It does not promise equal bytes every time, so that float32 goes without.
bool has_fused_kernels() {
  return at::globalContext().userEnabledCuDNN() &&
         at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

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
  at_once_ = type != at::kFloat && device.is_cuda() && has_fused_kernels();
  weight_ = narrow_weights(given_weight_, type).to(device).contiguous(format(device, type));
  // Without oneDNN's layers a bias of another type would be a step of its own.
  bias_ = given_bias_.to(device, packed ? at::kFloat : type);
  if (packed)
    weight_ = call_onednn("mkldnn::_reorder_convolution_weight",
                          {weight_, list({shape_.padding_height, shape_.padding_width}),
                           list({shape_.stride, shape_.stride}), list({1, 1}), 1, list(shape_.input)});
}

// cuDNN counts elements by 32 bits.
bool Convolution::goes_at_once(const at::Tensor& x) const {
  const std::int64_t most = std::max(x.size(1), weight_.size(0)) * x.size(2) * x.size(3);
  return at_once_ && x.size(0) <= std::numeric_limits<std::int32_t>::max() / std::max<std::int64_t>(most, 1);
}

at::Tensor Convolution::operator()(const at::Tensor& x, bool relu) const {
  if (weight_.is_mkldnn())
    return call_onednn("mkldnn::_convolution_pointwise",
                       {x, weight_, bias_, list({shape_.padding_height, shape_.padding_width}),
                        list({shape_.stride, shape_.stride}), list({1, 1}), 1, relu ? "relu" : "none",
                        c10::List<std::optional<c10::Scalar>>(), std::string()});
  if (relu && goes_at_once(x))
    return at::cudnn_convolution_relu(x, weight_, bias_, {shape_.stride, shape_.stride},
                                      {shape_.padding_height, shape_.padding_width}, {1, 1}, 1);
  const at::Tensor y = at::conv2d(x, weight_, bias_, {shape_.stride, shape_.stride},
                                  {shape_.padding_height, shape_.padding_width});
  return relu ? y.relu() : y;
}

}  // namespace gdd
