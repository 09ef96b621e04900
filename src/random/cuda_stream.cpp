#include "random/cuda_stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::int64_t kBlock = 256;  // DistributionTemplates.h, block_size_bound

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// curand_normal4: words 0 and 1 make components 0 (sine) and 1 (cosine), words 2 and 3 the other two. u and v
// are float32 there, made by one fused multiply-add.
float normal_float32(const PhiloxWords& words, int component) {
  constexpr float kInverse = 0x1p-32f;
  constexpr float kInverse2Pi = kInverse * 6.2831855f;
  const auto pair = static_cast<std::size_t>(component / 2) * 2;
  const float u = std::fma(static_cast<float>(words[pair]), kInverse, kInverse / 2);
  const float v = std::fma(static_cast<float>(words[pair + 1]), kInverse2Pi, kInverse2Pi / 2);
  const double angle = v;
  const double wave = component % 2 == 0 ? std::sin(angle) : std::cos(angle);
  return static_cast<float>(std::sqrt(-2 * std::log(static_cast<double>(u))) * wave);
}

// curand_normal2_double: 53 bits from two words each; sinpi and cospi of v in (0, 2).
double normal_float64(const PhiloxWords& words, int component) {
  const auto join = [](std::uint64_t low, std::uint64_t high) {
    return static_cast<double>(low ^ (high << 21));
  };
  const double u = join(words[0], words[1]) * 0x1p-53 + 0x1p-54;
  const double v = join(words[2], words[3]) * 0x1p-52 + 0x1p-53;
  const double angle = std::numbers::pi * v;
  return std::sqrt(-2 * std::log(u)) * (component == 0 ? std::sin(angle) : std::cos(angle));
}

}  // namespace

CudaLaunch cuda_launch(std::int64_t numel, std::int64_t unroll, const CudaModel& model) {
  const std::int64_t threads = std::min(kBlock * ceil_div(numel, kBlock), model.threads());
  return {threads, ceil_div(numel, threads * unroll)};
}

void check_randint(std::int64_t high) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 28;
  if (high < 1 || high >= kLimit)
    throw Error("randint", "expected a bound from 1 to 2^28 - 1, found " + std::to_string(high));
}

template <class Number, int kUnroll, class Normal>
void CudaStream::fill(std::span<Number> numbers, Normal normal) {
  const auto numel = static_cast<std::int64_t>(numbers.size());
  if (numel == 0) return;
  const auto [threads, draws] = cuda_launch(numel, kUnroll, model_);
  for (std::int64_t draw = 0; draw < draws; ++draw)
    for (std::int64_t thread = 0; thread < std::min(threads, numel); ++thread) {
      const PhiloxWords words = philox_4x32_10(seed_, counter_ + static_cast<std::uint64_t>(draw),
                                               static_cast<std::uint64_t>(thread));
      for (int component = 0; component < kUnroll; ++component) {
        const std::int64_t i = thread + threads * (kUnroll * draw + component);
        if (i < numel) numbers[static_cast<std::size_t>(i)] = normal(words, component);
      }
    }
  counter_ += static_cast<std::uint64_t>(draws);
}

void CudaStream::randn(std::span<float> numbers) { fill<float, 4>(numbers, normal_float32); }
void CudaStream::randn(std::span<double> numbers) { fill<double, 2>(numbers, normal_float64); }

std::int64_t CudaStream::randint(std::int64_t high) {
  check_randint(high);
  return philox_4x32_10(seed_, counter_++, 0)[0] % high;
}

}  // namespace gdd
