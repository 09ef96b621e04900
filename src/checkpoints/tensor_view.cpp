#include "checkpoints/tensor_view.h"

#include <cstring>

#include "base/half.h"

namespace gdd {
namespace {

struct DTypeFacts {
  std::size_t size;
  const char* name;
};

// In the order of the enum.
constexpr DTypeFacts kDTypes[] = {{2, "float16"}, {2, "bfloat16"}, {4, "float32"}, {8, "float64"},
                                  {1, "uint8"},   {1, "int8"},     {2, "int16"},   {4, "int32"},
                                  {8, "int64"},   {1, "bool"}};

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

float element_as_float(DType dtype, const std::byte* from) {
  switch (dtype) {
    case DType::kFloat16:
      return half_to_float(load<std::uint16_t>(from));
    case DType::kBFloat16:
      return bfloat_to_float(load<std::uint16_t>(from));
    case DType::kFloat32:
      return load<float>(from);
    case DType::kFloat64:
      return static_cast<float>(load<double>(from));
    case DType::kInt8:
      return load<std::int8_t>(from);
    case DType::kInt16:
      return load<std::int16_t>(from);
    case DType::kInt32:
      return static_cast<float>(load<std::int32_t>(from));
    case DType::kInt64:
      return static_cast<float>(load<std::int64_t>(from));
    case DType::kUint8:
      return load<std::uint8_t>(from);
    case DType::kBool:
      return load<std::uint8_t>(from) != 0 ? 1.0f : 0.0f;
  }
  return 0;
}

// Calls visit(address of an element) for every element in row-major order.
void for_each_element(const TensorView& view, auto visit) {
  const std::int64_t count = view.numel();
  const auto size = static_cast<std::int64_t>(item_size(view.dtype));
  std::vector<std::int64_t> index(view.shape.size(), 0);
  std::int64_t at = view.offset;
  for (std::int64_t done = 0; done < count; ++done) {
    visit(view.storage.data() + at * size);
    for (std::size_t d = index.size(); d-- > 0;) {
      at += view.strides[d];
      if (++index[d] < view.shape[d]) break;
      at -= view.strides[d] * view.shape[d];
      index[d] = 0;
    }
  }
}

}  // namespace

std::size_t item_size(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].size; }
const char* dtype_name(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].name; }

std::int64_t TensorView::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

bool TensorView::is_contiguous() const {
  if (numel() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] != 1 && strides[d] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

void TensorView::copy_as_float32(float* destination) const {
  if (dtype == DType::kFloat32) return copy_raw(reinterpret_cast<std::byte*>(destination));
  for_each_element(*this, [&](const std::byte* from) { *destination++ = element_as_float(dtype, from); });
}

void TensorView::copy_raw(std::byte* destination) const {
  const std::size_t size = item_size(dtype);
  if (numel() == 0) return;
  if (is_contiguous()) {
    std::memcpy(destination, storage.data() + static_cast<std::size_t>(offset) * size,
                static_cast<std::size_t>(numel()) * size);
    return;
  }
  for_each_element(*this, [&](const std::byte* from) {
    std::memcpy(destination, from, size);
    destination += size;
  });
}

}  // namespace gdd
