#include "random/device_stream.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numbers>

namespace gdd {
namespace {

constexpr std::int64_t kMask = 0xffffffff;
// Words of all streams that are made at once, at most: a few temporary tensors of 64 MB.
constexpr std::int64_t kWordsAtOnce = std::int64_t{1} << 22;

// int64 [2,1,1,1]
at::Tensor pair(std::int64_t first, std::int64_t second, const at::Tensor& like) {
  return at::tensor({first, second}, at::kLong).to(like.device(), /*non_blocking=*/true).view({2, 1, 1, 1});
}

// Words of philox.h, int64 [2,N,D,T] each, for N keys, D counters, T subsequences: 0 and 2, 1 and 3.
struct Words {
  at::Tensor even, odd;
};

// The 64 bits of products of numbers below 2^32, in halves of which none passes 2^49 on the way.
struct Product {
  at::Tensor high, low;
};

Product wide_product(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor upper = a * b.bitwise_right_shift(16);
  const at::Tensor lower = (a * b.bitwise_and(0xffff)).add_(upper.bitwise_and(0xffff).bitwise_left_shift(16));
  return {upper.bitwise_right_shift(16).add_(lower.bitwise_right_shift(32)), lower.bitwise_and(kMask)};
}

// Ten rounds, of both products at a time. `keys` [2,N,1,1], `counters` [D], `subsequences` [T].
Words philox(at::Tensor keys, const at::Tensor& counters, const at::Tensor& subsequences) {
  const at::Tensor multipliers = pair(0xD2511F53, 0xCD9E8D57, keys),
                   weyl = pair(0x9E3779B9, 0xBB67AE85, keys);
  const at::Tensor low_counters = counters.bitwise_and(kMask).view({1, -1, 1}),
                   high_counters = counters.bitwise_right_shift(32).view({1, -1, 1});
  const std::vector<std::int64_t> grid{1, counters.numel(), subsequences.numel()};
  Words words{at::stack({low_counters.expand(grid), subsequences.view({1, 1, -1}).expand(grid)}),
              at::stack({high_counters.expand(grid), at::zeros(grid, keys.options())})};
  for (int round = 0; round < 10; ++round) {
    const Product product = wide_product(multipliers, words.even);
    words = {product.high.flip(0).bitwise_xor(words.odd).bitwise_xor(keys), product.low.flip(0)};
    keys = (keys + weyl).bitwise_and_(kMask);
  }
  return words;
}

// float32(word) * scale + scale / 2 rounded once, as a fused multiply-add: `scale` is factor * 2^-exponent,
// and (2 word + 1) * factor a whole number below 2^58, whose conversion is that rounding.
at::Tensor fused(const at::Tensor& words, std::int64_t factor, double unit) {
  const at::Tensor rounded = words.to(at::kFloat).to(at::kLong);
  return rounded.mul_(2).add_(1).mul_(factor).to(at::kFloat).mul_(unit);
}

// curand_normal4 of components 0 .. `components` - 1: [components,N,D,T].
at::Tensor normals_float32(const Words& words, std::int64_t components) {
  constexpr std::int64_t kTwoPi = 13176795;  // float32(2 pi) * 2^21
  const std::int64_t pairs = (components + 1) / 2;
  const at::Tensor u = fused(words.even.slice(0, 0, pairs), 1, 0x1p-33).to(at::kDouble),
                   angle = fused(words.odd.slice(0, 0, pairs), kTwoPi, 0x1p-54).to(at::kDouble);
  const at::Tensor radius = u.log().mul_(-2).sqrt_();
  const at::Tensor sines = radius * angle.sin();
  if (components == 1) return sines.to(at::kFloat);
  return at::stack({sines, radius * angle.cos()}, 1).flatten(0, 1).slice(0, 0, components).to(at::kFloat);
}

// curand_normal2_double.
at::Tensor normals_float64(const Words& words, std::int64_t components) {
  const at::Tensor joined = words.even.bitwise_xor(words.odd.bitwise_left_shift(21)).to(at::kDouble);
  const at::Tensor u = joined[0].mul(0x1p-53).add_(0x1p-54);
  const at::Tensor angle = joined[1].mul(0x1p-52).add_(0x1p-53).mul_(std::numbers::pi);
  const at::Tensor radius = u.log().mul_(-2).sqrt_();
  return at::stack({radius * angle.sin(), radius * angle.cos()}).slice(0, 0, components);
}

std::int64_t unroll(at::ScalarType dtype) { return dtype == at::kDouble ? 2 : 4; }

// One call of torch.randn, from where the streams stand.
struct Call {
  std::int64_t numel;
  at::ScalarType dtype;
  CudaLaunch launch;
  std::int64_t counter;
};

// [N,numel] of N keys.
at::Tensor normals(const at::Tensor& keys, const Call& call) {
  const auto& [threads, draws] = call.launch;
  const Words words = philox(keys, at::arange(call.counter, call.counter + draws, keys.options()),
                             at::arange(std::min(threads, call.numel), keys.options()));
  // A single draw need not give its last components.
  const std::int64_t components = std::min(unroll(call.dtype), (call.numel + threads - 1) / threads);
  const at::Tensor all =
      call.dtype == at::kDouble ? normals_float64(words, components) : normals_float32(words, components);
  return all.permute({1, 2, 0, 3}).flatten(1).slice(1, 0, call.numel);  // of [N,D,components,T]
}

}  // namespace

DeviceStream::DeviceStream(std::span<const std::uint64_t> seeds, const CudaModel& model,
                           const at::Device& device)
    : model_(model) {
  std::vector<std::int64_t> halves;
  for (const std::uint64_t seed : seeds) halves.push_back(static_cast<std::int64_t>(seed & 0xffffffffU));
  for (const std::uint64_t seed : seeds) halves.push_back(static_cast<std::int64_t>(seed >> 32));
  keys_ = at::tensor(halves, at::kLong)
              .to(device, /*non_blocking=*/true)
              .view({2, static_cast<std::int64_t>(seeds.size()), 1, 1});
}

at::Tensor DeviceStream::randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) {
  std::vector<std::int64_t> sizes = shape;
  sizes.insert(sizes.begin(), keys_.size(1));
  const std::int64_t numel = c10::multiply_integers(shape);
  if (numel == 0) return at::empty(sizes, keys_.options().dtype(dtype));
  const Call call{numel, dtype, cuda_launch(numel, unroll(dtype), model_), counter_};
  const std::int64_t at_once =
      std::max<std::int64_t>(kWordsAtOnce / (call.launch.draws * call.launch.threads), 1);
  std::vector<at::Tensor> rows;
  for (const at::Tensor& keys : keys_.split(at_once, 1)) rows.push_back(normals(keys, call));
  counter_ += call.launch.draws;
  return at::cat(rows).view(sizes);
}

at::Tensor DeviceStream::randint(std::int64_t high) {
  check_randint(high);
  const at::Tensor counter = at::full({1}, counter_++, keys_.options());
  const Words words = philox(keys_, counter, at::zeros({1}, keys_.options()));
  return words.even[0].flatten().remainder(high);
}

}  // namespace gdd
