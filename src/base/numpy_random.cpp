#include "base/numpy_random.h"

#include <bit>
#include <cstddef>
#include <numeric>
#include <utility>

namespace gdd {

std::uint32_t NumpyRandomState::draw_up_to(std::uint32_t max) {
  if (max == 0) return 0;
  const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(max);
  for (;;) {
    const auto value = static_cast<std::uint32_t>(engine_()) & mask;
    if (value <= max) return value;
  }
}

void NumpyRandomState::shuffle(std::vector<std::int64_t>& values) {
  for (std::size_t i = values.size(); i-- > 1;)
    std::swap(values[i], values[draw_up_to(static_cast<std::uint32_t>(i))]);
}

std::vector<std::int64_t> NumpyRandomState::permutation(std::int64_t n) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), std::int64_t{0});
  shuffle(values);
  return values;
}

}  // namespace gdd
