#include "metrics/sort_numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace gdd {
namespace {

constexpr int kBits = 11, kDigits = 6;  // of a digit; of a number
constexpr std::size_t kValues = std::size_t{1} << kBits;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

// Whole numbers in the order of the numbers: of one below 0 all bits are turned, of another the sign alone.
std::uint64_t key_of(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  return bits ^ (bits & kSign ? ~std::uint64_t{0} : kSign);
}
double number_of(std::uint64_t key) {
  return std::bit_cast<double>(key ^ (key & kSign ? kSign : ~std::uint64_t{0}));
}
std::size_t digit(std::uint64_t key, int place) { return key >> (place * kBits) & (kValues - 1); }

}  // namespace

void sort_numbers(std::span<double> numbers) {
  if (numbers.size() < kValues / 4) return std::sort(numbers.begin(), numbers.end());
  std::vector<std::uint64_t> keys(numbers.size()), sorted(numbers.size());
  std::transform(numbers.begin(), numbers.end(), keys.begin(), key_of);
  std::vector<std::array<std::uint32_t, kValues>> counts(kDigits);
  for (const std::uint64_t key : keys)
    for (int place = 0; place < kDigits; ++place)
      ++counts[static_cast<std::size_t>(place)][digit(key, place)];
  for (int place = 0; place < kDigits; ++place) {
    auto& starts = counts[static_cast<std::size_t>(place)];
    if (starts[digit(keys[0], place)] == keys.size()) continue;  // all have the same
    std::uint32_t next = 0;
    for (std::uint32_t& start : starts) next += std::exchange(start, next);
    for (const std::uint64_t key : keys) sorted[starts[digit(key, place)]++] = key;
    keys.swap(sorted);
  }
  std::transform(keys.begin(), keys.end(), numbers.begin(), number_of);
}

}  // namespace gdd
