// A convolution with its bias and ReLU, its weights laid out for where it runs. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gdd {

class Convolution {
 public:
  struct Shape {
    std::int64_t stride = 1, padding_height = 0, padding_width = 0;
    std::vector<std::int64_t> input;  // [N, in, H, W] that it is mostly given
  };

  Convolution() = default;
  // weight [out, in, kh, kw] and bias [out], float32 on the CPU.
  Convolution(at::Tensor weight, at::Tensor bias, Shape shape);

  // Whether oneDNN takes packed weights of that type here: not on a GPU, and below float32 not without
  // AVX-512.
  static bool can_pack(const c10::Device& device, c10::ScalarType type);

  // How images and weights lie where a convolution is fastest: channels_last, but for float32 on a GPU, whose
  // kernels for it want [N,C,H,W].
  static at::MemoryFormat format(const c10::Device& device, c10::ScalarType type);

  // Narrows the weights, and the bias unless `packed`, and lays them out; `packed`, as oneDNN wants them for
  // such an input, which it would otherwise do for every batch.
  void place(const c10::Device& device, c10::ScalarType type, bool packed);

  // x [N, in, H, W] of that type on that device, best in its format -> [N, out, H', W'].
  at::Tensor operator()(const at::Tensor& x, bool relu = true) const;

 private:
  bool goes_at_once(const at::Tensor& x) const;

  at::Tensor given_weight_, given_bias_;
  at::Tensor weight_, bias_;  // as they are used
  bool at_once_ = false;      // by one kernel of cuDNN, with bias and ReLU
  Shape shape_;
};

}  // namespace gdd
