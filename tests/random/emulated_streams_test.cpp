// --rng cuda on a CPU, in upstream's order of drawing, against numpy's version of the formulas.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "archive/npz.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

at::Tensor golden(const std::string& name) {
  const NpyArray array = NpzReader(GDD_TEST_DATA "/random/cuda_stream.npz").read(name);
  const std::vector<double> values = array.as_float64();
  return at::from_blob(const_cast<double*>(values.data()), array.shape(), at::kDouble).clone();
}

// Largest difference in units of the expected float32's last place.
double ulps(const at::Tensor& found, const at::Tensor& expected) {
  double largest = 0;
  for (std::int64_t i = 0; i < found.numel(); ++i) {
    const auto want = static_cast<float>(expected.const_data_ptr<double>()[i]);
    const float unit =
        std::nextafter(std::abs(want), std::numeric_limits<float>::infinity()) - std::abs(want);
    largest = std::max(
        largest, std::abs(static_cast<double>(found.const_data_ptr<float>()[i]) - static_cast<double>(want)) /
                     static_cast<double>(unit));
  }
  return largest;
}

TEST(EmulatedStreams, GiveLatentsThenLabelsThenNoise) {
  const std::vector<std::int64_t> seeds{0, 4294967303};  // the second counts as 7
  const auto streams = open_random_streams("cuda", seeds, at::kCPU);
  const at::Tensor latents = streams->randn({3, 32, 32}, at::kFloat);
  ASSERT_EQ(latents.sizes(), (std::vector<std::int64_t>{2, 3, 32, 32}));
  ASSERT_EQ(latents.scalar_type(), at::kFloat);
  EXPECT_LE(ulps(latents, golden("latents")), 2);
  EXPECT_TRUE(at::equal(streams->randint(10).to(at::kDouble), golden("labels")));
  const at::Tensor noise = streams->randn({3, 32, 32}, at::kDouble);
  const at::Tensor difference = noise.reshape({2, -1}).slice(1, 0, 256) - golden("noise");
  EXPECT_LE(difference.abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace gdd
