#include "detectors/inception_v3.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "archive/npz.h"
#include "batches/image_batch.h"
#include "detectors/inception_layers.h"
#include "detectors/preparation.h"
#include "detectors/stream_weights.h"
#include "support/batch_of.h"

namespace gdd {
namespace {

using testing_support::batch_of;
using testing_support::stream_weights;

std::vector<Image> golden_images(const NpzReader& golden) {
  const NpyArray array = golden.read("images");
  const std::vector<std::uint8_t> pixels = array.as_uint8();
  const auto& shape = array.shape();
  const std::size_t size = static_cast<std::size_t>(shape[1] * shape[2] * shape[3]);
  std::vector<Image> images;
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape[0]); ++i)
    images.push_back({static_cast<int>(shape[1]),
                      static_cast<int>(shape[2]),
                      3,
                      {pixels.begin() + static_cast<std::ptrdiff_t>(i * size),
                       pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)}});
  return images;
}

double largest_difference(const at::Tensor& tensor, const NpyArray& expected) {
  EXPECT_EQ(tensor.sizes(), at::IntArrayRef(expected.shape()));
  std::vector<double> values = expected.as_float64();
  const at::Tensor wanted = at::from_blob(values.data(), expected.shape(), at::kDouble);
  return (tensor - wanted).abs().max().item<double>();
}

// The oracle is torch-fidelity's Inception v3, which agrees with TensorFlow's graph within 3e-6.
TEST(InceptionV3, GivesTheReferenceFeatures) {
  const c10::InferenceMode guard;
  const NpzReader golden(std::string(GDD_TEST_DATA) + "/detectors/inception.npz");
  const InceptionV3 network(stream_weights());
  const InceptionV3::Output output = network.forward(prepare_images(
      batch_of(golden_images(golden)).views(), inception_preparation("edm", kInceptionImageSize)));
  EXPECT_LT(largest_difference(output.pool3, golden.read("pool3")), 1e-5);
  EXPECT_LT(largest_difference(output.spatial, golden.read("spatial")), 1e-5);
  EXPECT_LT(largest_difference(network.probabilities(output.pool3), golden.read("probabilities")), 1e-5);
}

// Every layer rounds to 8 bits, 2^-9 at most, and there are 47 in a row at most; the sums between are
// float32's.
TEST(InceptionV3, BFloat16LayersAreNearAndTheSameWhateverTheBatch) {
  const c10::InferenceMode guard;
  const NpzReader golden(std::string(GDD_TEST_DATA) + "/detectors/inception.npz");
  const at::Tensor images = prepare_images(batch_of(golden_images(golden)).views(),
                                           inception_preparation("edm", kInceptionImageSize));
  InceptionV3 network(stream_weights());
  const InceptionV3::Output exact = network.forward(images);
  network.place(at::kCPU, at::kBFloat16);
  const InceptionV3::Output near = network.forward(images);
  const auto apart = [](const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
  };
  EXPECT_EQ(near.pool3.scalar_type(), at::kFloat);
  EXPECT_GT(apart(near.pool3, exact.pool3), 0);
  EXPECT_LT(apart(near.pool3, exact.pool3), 0.03);
  EXPECT_LT(apart(near.spatial, exact.spatial), 0.03);
  EXPECT_TRUE(network.forward(images.narrow(0, 0, 1)).pool3.equal(near.pool3.narrow(0, 0, 1)));
  network.place(at::kCPU, at::kFloat);
  EXPECT_TRUE(network.forward(images).pool3.equal(exact.pool3));
  EXPECT_TRUE(network.forward(images.narrow(0, 0, 1)).pool3.equal(exact.pool3.narrow(0, 0, 1)));
}

TEST(InceptionV3, AGammaScalesTheNormalisedValues) {
  const c10::InferenceMode guard;
  const at::Tensor images = at::linspace(-1, 1, 3L * 299 * 299, at::kFloat).reshape({1, 3, 299, 299});
  InceptionWeights weights = stream_weights();
  const at::Tensor plain = InceptionV3(weights).forward(images).spatial;
  // Twice the scale of the last layer and twice its shift: twice the value behind the ReLU.
  weights["mixed_6/conv/batchnorm/gamma"] = at::full({192}, 2.0f);
  weights["mixed_6/conv/batchnorm/beta"] = weights["mixed_6/conv/batchnorm/beta"] * 2;
  const at::Tensor doubled = InceptionV3(weights).forward(images).spatial;
  EXPECT_GT(plain.max().item<float>(), 0.1f);
  EXPECT_LT((doubled - 2 * plain).abs().max().item<float>(), 1e-5f);
}

}  // namespace
}  // namespace gdd
