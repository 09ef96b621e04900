// A tensor inside a foreign file: dtype, shape, strides and a view of the mapped bytes. Nothing is copied
// until asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace gdd {

enum class DType { kFloat16, kBFloat16, kFloat32, kFloat64, kUint8, kInt8, kInt16, kInt32, kInt64, kBool };

std::size_t item_size(DType dtype);   // bytes of one element
const char* dtype_name(DType dtype);  // "float32", as torch spells it

// Invariant, checked by whoever makes one: every element that shape and strides reach lies in `storage`,
// the number of elements is at most limits::kMaxTensorElements, and sizes and strides are not negative.
struct TensorView {
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements
  std::int64_t offset = 0;            // in elements from the start of storage
  Bytes storage;  // little-endian; may be unaligned; lives as long as the Checkpoint that made the view
  // What the elements are, in the order in which they are read, where that is not `shape`; as many.
  std::vector<std::int64_t> counts_as = {};

  std::int64_t numel() const;
  bool is_contiguous() const;
  // The elements in row-major order as float32 (float16, bfloat16, float64 and integers are converted, round
  // to nearest even).
  void copy_as_float32(float* destination) const;
  // The elements in row-major order as they are; `destination` has numel() * item_size(dtype) bytes.
  void copy_raw(std::byte* destination) const;
};

}  // namespace gdd
