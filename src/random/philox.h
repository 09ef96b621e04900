// Philox 4x32-10: the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
// (SC11), with the counter laid out as cuRAND and torch on CUDA do.
#pragma once

#include <array>
#include <cstdint>

namespace gdd {

using PhiloxWords = std::array<std::uint32_t, 4>;

// The four words of counter (counter lo, counter hi, subsequence lo, subsequence hi) under a 64-bit key.
// Equal, word for word, to curandStatePhilox4_32_10 after curand_init(key, subsequence, 4 * counter) and to
// at::Philox4_32.
inline PhiloxWords philox_4x32_10(std::uint64_t key, std::uint64_t counter, std::uint64_t subsequence) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  PhiloxWords c{low(counter), high(counter), low(subsequence), high(subsequence)};
  std::uint32_t key0 = low(key), key1 = high(key);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * c[0], product1 = kMultiplier1 * c[2];
    c = {high(product1) ^ c[1] ^ key0, low(product1), high(product0) ^ c[3] ^ key1, low(product0)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return c;
}

}  // namespace gdd
