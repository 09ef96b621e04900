// CUDA's stream against an independent emulation in numpy (tests/data/random/cuda_stream.npz) and, for the
// cipher below it, the known answers that its authors publish (Random123, kat_vectors).
#include "random/cuda_stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "archive/npz.h"
#include "gdd/error.h"
#include "random/philox.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

TEST(Philox, GivesItsAuthorsKnownAnswers) {
  EXPECT_EQ(philox(0, 0, 0), (PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  EXPECT_EQ(philox(kOnes, kOnes, kOnes), (PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  // counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0
  EXPECT_EQ(philox(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
            (PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<float> normals(CudaStream& stream, std::size_t count) {
  std::vector<float> out(count);
  stream.randn(std::span(out));
  return out;
}

TEST(CudaStream, OfSeed0BeginsAsOnAGpu) {
  CudaStream stream(0);
  const std::vector<float> found = normals(stream, 3 * 32 * 32);
  const double expected[] = {-0.92466, -0.42534, -2.64385, 0.14518, -0.12087, -0.57973, -0.62285, -0.32839};
  for (std::size_t i = 0; i < std::size(expected); ++i) EXPECT_NEAR(found[i], expected[i], 5e-6) << i;
}

// Latents of a network, the label after them, the sampler's float64 noise after that.
TEST(CudaStream, GivesTheNumbersOfTheEmulationInNumpy) {
  const NpzReader golden(GDD_TEST_DATA "/random/cuda_stream.npz");
  const std::vector<std::int64_t> seeds = golden.read("seeds").as_int64();
  for (const std::string size : {"32", "64"}) {
    const auto side = static_cast<std::size_t>(std::stoi(size));
    const auto latents = golden.read("latents_" + size).as_float64();  // 96 of each seed, evenly spaced
    const auto labels = golden.read("labels_" + size).as_int64();
    const auto noise = golden.read("noise_" + size).as_float64();  // the first 64 of each seed
    for (std::size_t s = 0; s < seeds.size(); ++s) {
      CudaStream stream(static_cast<std::uint64_t>(seeds[s]) & 0xffffffffu);
      const std::vector<float> found = normals(stream, 3 * side * side);
      for (std::size_t i = 0; i < 96; ++i)
        EXPECT_FLOAT_EQ(found[i * (found.size() / 96)], static_cast<float>(latents[96 * s + i]));
      EXPECT_EQ(stream.randint(side == 32 ? 10 : 1000), labels[s]);
      std::vector<double> doubles(3 * side * side);
      stream.randn(std::span(doubles));
      for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(doubles[i], noise[64 * s + i], 1e-13);
    }
  }
}

// One block of 256 threads: the 257th number is the partner of the first, and the 1025th starts a new turn.
TEST(CudaStream, WrapsAroundTheThreadsOfTheDevice) {
  CudaStream narrow(3, {1, 256}), wide(3);
  const std::vector<float> found = normals(narrow, 1030), first = normals(wide, 256);
  for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(found[i], first[i]) << i;
  for (std::size_t pair = 0; pair < 2; ++pair) {
    const PhiloxWords words = philox(3, 0, 7);
    const double u = words[2 * pair] * 0x1p-32, v = words[2 * pair + 1] * 0x1p-32 * 2 * std::numbers::pi;
    const double radius = std::sqrt(-2 * std::log(u));
    EXPECT_NEAR(found[512 * pair + 7], radius * std::sin(v), 1e-5);
    EXPECT_NEAR(found[512 * pair + 256 + 7], radius * std::cos(v), 1e-5);
  }
  const std::vector<float> second = normals(wide, 256);  // a second call moves every subsequence on by one
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(found[1024 + i], second[i]) << i;
  EXPECT_EQ(narrow.randint(1000), philox(3, 2, 0)[0] % 1000);  // 1030 numbers took two turns
}

TEST(CudaStream, DrawsFloat64InPairs) {
  CudaStream narrow(3, {1, 256});
  std::vector<double> found(513);
  narrow.randn(std::span(found));
  const PhiloxWords words = philox(3, 0, 7);
  const auto fraction = [](std::uint64_t low, std::uint64_t high) {  // 53 bits of two words
    return static_cast<double>(low ^ (high << 21)) * 0x1p-53;
  };
  const double u = fraction(words[0], words[1]), v = fraction(words[2], words[3]);
  EXPECT_NEAR(std::hypot(found[7], found[256 + 7]), std::sqrt(-2 * std::log(u)), 1e-12);
  EXPECT_NEAR(std::atan2(found[7], found[256 + 7]),
              std::remainder(2 * std::numbers::pi * v, 2 * std::numbers::pi), 1e-12);
  EXPECT_EQ(narrow.randint(1000), philox(3, 2, 0)[0] % 1000);
}

TEST(CudaStream, RefusesBoundsThatTakeMoreWords) {
  CudaStream stream(0);
  EXPECT_THROW(stream.randint(0), Error);
  EXPECT_THROW(stream.randint((std::int64_t{1} << 28) + 1), Error);
}

TEST(RandomStreams, OfCudaAreComputedOnACpu) {
  const std::vector<std::int64_t> seeds{0, (std::int64_t{1} << 32) + 7};
  const auto streams = open_random_streams("cuda", seeds, at::kCPU);
  const at::Tensor latents = streams->randn({3, 32, 32}, at::kFloat);
  CudaStream zero(0), seven(7);
  EXPECT_EQ(latents[0][0][0][5].item<float>(), normals(zero, 3072)[5]);
  EXPECT_EQ(latents[1][2][31][31].item<float>(), normals(seven, 3072)[3071]);
  EXPECT_EQ(streams->randint(10)[1].item<std::int64_t>(), seven.randint(10));
  std::vector<double> noise(4);
  seven.randn(std::span(noise));
  EXPECT_EQ(streams->randn({4}, at::kDouble)[1][3].item<double>(), noise[3]);
}

TEST(RandomStreams, AreNamedAfterTheDeviceTheyBelongTo) {
  EXPECT_EQ(rng_name("", at::kCPU), "cpu");
  EXPECT_EQ(rng_name("cuda", at::kCPU), "cuda:132x2048");
  EXPECT_EQ(rng_name("cuda:40x1024", at::kCPU), "cuda:40x1024");
  EXPECT_EQ(rng_name("cuda", at::Device(at::kCUDA, 0)), "cuda");
  for (const char* name : {"cuda:", "cuda:0x2048", "cuda:40x", "cuda:40x1024x", "cuda:-4x1024", "CUDA"})
    EXPECT_THROW(rng_name(name, at::kCPU), Error) << name;
}

}  // namespace
}  // namespace gdd
