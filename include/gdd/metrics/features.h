// Features as every metric takes them: a row-major matrix [N, D] that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gdd {

template <class T>
struct MatrixView {
  const T* data = nullptr;
  std::int64_t rows = 0;     // N, one row an image
  std::int64_t columns = 0;  // D

  std::span<const T> row(std::int64_t i) const {
    return {data + i * columns, static_cast<std::size_t>(columns)};
  }
};
using FeaturesF32 = MatrixView<float>;
using FeaturesF64 = MatrixView<double>;

}  // namespace gdd
