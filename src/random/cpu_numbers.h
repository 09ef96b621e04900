// What torch.Generator('cpu').manual_seed(seed) draws, one call after the other, as Python does.
#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>
#include <vector>

namespace gdd {

class CpuNumbers {
 public:
  explicit CpuNumbers(std::uint64_t seed);

  // torch.randperm(count).
  std::vector<std::int64_t> randperm(std::int64_t count);
  // torch.randn(rows, columns), float32. A processor without AVX2 computes the same normals within 2e-6.
  std::vector<float> randn(std::int64_t rows, std::int64_t columns);

 private:
  at::Generator generator_;
};

}  // namespace gdd
