#include "detectors/narrow_weights.h"

#include <ATen/ATen.h>

#include <span>

namespace gdd {
namespace {

template <class Narrow>
void diffuse(std::span<const float> given, Narrow* narrow) {
  double lost = 0;
  for (const float weight : given) {
    const double wanted = weight + lost;
    *narrow = Narrow(static_cast<float>(wanted));
    lost = wanted - static_cast<float>(*narrow++);
  }
}

template <class Narrow>
void diffuse_rows(const at::Tensor& weight, at::Tensor& result) {
  const auto size = static_cast<std::size_t>(weight.numel() / weight.size(0));
  for (std::int64_t row = 0; row < weight.size(0); ++row) {
    const auto first = static_cast<std::size_t>(row) * size;
    diffuse(std::span(weight.const_data_ptr<float>() + first, size), result.data_ptr<Narrow>() + first);
  }
}

}  // namespace

at::Tensor narrow_weights(const at::Tensor& weight, c10::ScalarType type) {
  if (type == at::kFloat || weight.numel() == 0) return weight;
  at::Tensor result = at::empty(weight.sizes(), type);
  if (type == at::kBFloat16)
    diffuse_rows<c10::BFloat16>(weight, result);
  else
    diffuse_rows<c10::Half>(weight, result);
  return result;
}

}  // namespace gdd
