#include "detectors/linear_layer.h"

#include <ATen/ATen.h>

#include <utility>

#include "detectors/onednn.h"

namespace gdd {

LinearLayer::LinearLayer(at::Tensor weight, at::Tensor bias, Then then)
    : given_weight_(std::move(weight)), given_bias_(std::move(bias)), then_(then) {
  place(c10::kCPU, at::kFloat);
}

void LinearLayer::place(const c10::Device& device, c10::ScalarType type) {
  weight_ = given_weight_.to(device, type);
  if (given_bias_.defined()) bias_ = given_bias_.to(device, type);
  onednn_ = has_onednn(device, type);
}

at::Tensor LinearLayer::part(const at::Tensor& x, std::int64_t first, std::int64_t count) const {
  return apply(x, weight_.narrow(0, first, count), bias_.defined() ? bias_.narrow(0, first, count) : bias_);
}

// oneDNN takes the weights as they lie: laying them out once is no faster where there are many rows.
at::Tensor LinearLayer::apply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
  if (onednn_) {
    const char* const follows = then_ == Then::kGelu ? "gelu" : then_ == Then::kSilu ? "swish" : "none";
    const c10::IValue shift = bias.defined() ? c10::IValue(bias) : c10::IValue();
    return call_onednn("mkldnn::_linear_pointwise",
                       {x, weight, shift, follows, c10::List<std::optional<c10::Scalar>>(),
                        std::string(then_ == Then::kGelu ? "none" : "")});
  }
  at::Tensor y = at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
  if (then_ == Then::kGelu) return at::gelu(y);
  return then_ == Then::kSilu ? at::silu_(y) : y;
}

}  // namespace gdd
