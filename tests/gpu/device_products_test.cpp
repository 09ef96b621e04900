// Products of rows on a GPU: full float32, and the scores that they give.
#include "scoring/device_products.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "gdd/metrics/authpct.h"
#include "gdd/metrics/clipped.h"
#include "gpu/on_a_gpu.h"

namespace gdd {
namespace {

class DeviceProductsOnAGpu : public testing_support::OnAGpu {};

at::Tensor random_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  return at::randn({rows, columns}, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat));
}

FeaturesF32 view(const at::Tensor& rows) {
  return {rows.const_data_ptr<float>(), rows.size(0), rows.size(1)};
}

// TF32 would be 10 times as far away.
TEST_F(DeviceProductsOnAGpu, AreOfFullFloat32) {
  const at::Tensor a = random_rows(300, 2048, 1), b = random_rows(200, 2048, 2), out = at::empty({300, 200});
  DeviceProducts products(gpu_);
  products(view(a), view(b), out.mutable_data_ptr<float>());
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  const at::Tensor scale = at::outer(x.norm(2, 1), y.norm(2, 1));
  EXPECT_LE(((out.to(at::kDouble) - at::mm(x, y.t())).abs() / scale).max().item<double>(), 1e-6);
}

TEST_F(DeviceProductsOnAGpu, GiveTheScoresOfTheCpu) {
  const at::Tensor a = random_rows(2500, 64, 3), b = random_rows(1500, 64, 4);
  ManifoldOptions options;
  options.threads = 4;
  const ManifoldScores expected = manifold_scores(view(a), view(b), options);
  DeviceProducts products(gpu_);
  options.products = std::ref(products);
  const ManifoldScores found = manifold_scores(view(a), view(b), options);
  EXPECT_EQ(found.precision, expected.precision);
  EXPECT_EQ(found.recall, expected.recall);
  EXPECT_EQ(found.density, expected.density);
  EXPECT_EQ(found.coverage, expected.coverage);
}

TEST_F(DeviceProductsOnAGpu, GiveTheClippedScoresAndAuthpctOfTheCpu) {
  const at::Tensor a = random_rows(2500, 64, 3), b = random_rows(1500, 64, 4);
  DeviceProducts products(gpu_), more(gpu_);
  EXPECT_EQ(authpct(view(b), view(a), {.threads = 4, .products = std::ref(products)}),
            authpct(view(b), view(a)));
  const ClippedScores expected = clipped_scores(view(a), view(b)),
                      found = clipped_scores(view(a), view(b), {.threads = 4, .products = std::ref(more)});
  EXPECT_EQ(found.relative_density, expected.relative_density);
  EXPECT_EQ(found.coverage, expected.coverage);
}

}  // namespace
}  // namespace gdd
