// Attention of reduced layers: both ways to take it give the same, within what its type rounds.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "networks/layers.h"
#include "networks/layers_source.h"
#include "networks/script_builder.h"

namespace gdd {
namespace {

constexpr std::int64_t kImages = 2, kHeads = 3, kChannels = 16;

// [N, 3 * heads * channels, H, W], all queries before all keys before all values. Scores of queries and keys
// are about `spread` squared.
at::Tensor random_qkv(std::int64_t side, double spread) {
  at::Tensor qkv = at::randn({kImages, 3, kHeads * kChannels, side, side}, at::detail::createCPUGenerator(7));
  qkv.narrow(1, 0, 2).mul_(spread);
  return qkv.flatten(1, 2).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
}

// softmax(q k^T / sqrt(channels)) v in float64 [N, heads, channels, H * W].
at::Tensor expected(const at::Tensor& qkv) {
  const auto parts = qkv.to(at::kDouble).contiguous().reshape({kImages, 3, kHeads, kChannels, -1}).unbind(1);
  const at::Tensor weights =
      at::softmax(at::matmul(parts[0].transpose(2, 3), parts[1]) / std::sqrt(double{kChannels}), 3);
  return at::matmul(parts[2], weights.transpose(2, 3));
}

double relative_error(bool by_products, std::int64_t side, double spread) {
  ScriptBuilder script;
  torch::jit::Module attention =
      script.make("Attention", {int_field("num_heads", kHeads), bool_field(kByProducts, by_products)},
                  source::kAttentionAtOnce);
  const at::Tensor qkv = random_qkv(side, spread), want = expected(qkv);
  const at::Tensor found = attention.get_method("attend_at_once")({qkv}).toTensor();
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_EQ(found.sizes(), want.sizes());
  return ((found.to(at::kDouble) - want).norm() / want.norm()).item<double>();
}

constexpr std::int64_t kSides[] = {1, 7, 8, 16, 32};

// The result alone is rounded to 8 bits: 2^-9 at most, half of it in the mean.
TEST(Attention, BlockByBlockRoundsItsResult) {
  for (const std::int64_t side : kSides)
    for (const double spread : {1.0, 3.0})
      EXPECT_LT(relative_error(false, side, spread), std::exp2(-8)) << side;
}

// Scores, weights and result are: of a score s the weight is apart by a share of 2^-9 s.
TEST(Attention, ByProductsRoundsScoresAndWeightsToo) {
  for (const std::int64_t side : kSides) {
    EXPECT_LT(relative_error(true, side, 1), 3 * std::exp2(-8)) << side;
    EXPECT_LT(relative_error(true, side, 3), (3 + 9) * std::exp2(-8)) << side;
  }
}

}  // namespace
}  // namespace gdd
