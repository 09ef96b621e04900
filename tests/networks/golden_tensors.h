// What other programs compute from the networks of tests/data/networks, and how near ours come.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "archive/npz.h"

namespace gdd::testing_support {

inline std::string network_file(const std::string& name) {
  return std::string(GDD_TEST_DATA) + "/networks/" + name;
}

// Undefined if the archive lacks it.
inline at::Tensor read_tensor(const NpzReader& archive, const std::string& name) {
  if (!archive.has(name)) return {};
  const NpyArray array = archive.read(name);
  auto values = array.as_float64();
  const at::Tensor tensor = at::from_blob(values.data(), array.shape(), at::kDouble);
  return tensor.to(array.header.item_size == 8 ? at::kDouble : at::kFloat, false, true);
}

// Other CPUs add up in another order: 5e-6 of the largest magnitude is the bound for a float32 network.
inline void expect_close(const at::Tensor& found, const at::Tensor& expected) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  ASSERT_EQ(found.dtype(), expected.dtype());
  const double bound = 5e-6 * std::max(1.0, expected.abs().max().item<double>());
  EXPECT_LE((found - expected).abs().max().item<double>(), bound);
}

}  // namespace gdd::testing_support
