#include "random/cpu_numbers.h"

#include <ATen/ATen.h>

namespace gdd {
namespace {

template <class Number>
std::vector<Number> values_of(const at::Tensor& tensor) {
  const Number* const first = tensor.const_data_ptr<Number>();
  return {first, first + tensor.numel()};
}

}  // namespace

CpuNumbers::CpuNumbers(std::uint64_t seed)
    : generator_(at::globalContext().defaultGenerator(at::kCPU).clone()) {
  generator_.set_current_seed(seed);
}

std::vector<std::int64_t> CpuNumbers::randperm(std::int64_t count) {
  return values_of<std::int64_t>(at::randperm(count, generator_, at::kLong));
}

std::vector<float> CpuNumbers::randn(std::int64_t rows, std::int64_t columns) {
  return values_of<float>(at::randn({rows, columns}, generator_, at::kFloat));
}

}  // namespace gdd
