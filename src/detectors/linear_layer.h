// A linear layer with its bias and what follows it, as fast as the CPU or device allows. Internal to this
// room.
#pragma once

#include <ATen/core/Tensor.h>

namespace gdd {

class LinearLayer {
 public:
  enum class Then { kNothing, kGelu, kSilu };

  LinearLayer() = default;
  // weight [out, in] and bias [out] (or undefined: none), float32 on the CPU.
  LinearLayer(at::Tensor weight, at::Tensor bias, Then then = Then::kNothing);

  void place(const c10::Device& device, c10::ScalarType type);

  // x [..., in] of that type on that device -> [..., out].
  at::Tensor operator()(const at::Tensor& x) const { return apply(x, weight_, bias_); }
  // Only the outputs [first, first + count).
  at::Tensor part(const at::Tensor& x, std::int64_t first, std::int64_t count) const;

 private:
  at::Tensor apply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const;

  at::Tensor given_weight_, given_bias_;
  at::Tensor weight_, bias_;  // as they are used
  Then then_ = Then::kNothing;
  bool onednn_ = false;
};

}  // namespace gdd
