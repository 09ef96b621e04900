#include "detectors/tensor_copy.h"

#include <ATen/ATen.h>

namespace gdd {

at::Tensor copy_as_tensor(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::kFloat);
  view.copy_as_float32(tensor.mutable_data_ptr<float>());
  return tensor;
}

void append(const at::Tensor& tensor, std::vector<float>& values) {
  const at::Tensor rows = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* const data = rows.const_data_ptr<float>();
  values.insert(values.end(), data, data + rows.numel());
}

}  // namespace gdd
