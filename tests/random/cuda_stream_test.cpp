// torch's CUDA generator on a CPU, against numpy's version of the same formulas
// (tests/data/random/make_cuda_stream.py).
#include "random/cuda_stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

const CudaModel kH100;
const CudaModel kTiny{1, 256};  // 256 threads: a large call needs several draws from each

std::vector<float> floats(CudaStream& stream, std::size_t count) {
  std::vector<float> numbers(count);
  stream.randn(std::span(numbers));
  return numbers;
}

TEST(CudaStream, BeginsAsOnEveryGpu) {
  CudaStream stream(0, kH100);
  const std::vector<float> numbers = floats(stream, 3 * 32 * 32);
  constexpr float kBegin[] = {-0.92466f, -0.42534f, -2.64385f, 0.14518f,
                              -0.12087f, -0.57973f, -0.62285f, -0.32839f};
  for (std::size_t i = 0; i < std::size(kBegin); ++i) EXPECT_NEAR(numbers[i], kBegin[i], 6e-6f) << i;
}

TEST(CudaStream, StartsTheSameOnSmallAndLargeGpus) {
  CudaStream h100(3, kH100), t4(3, {40, 1024});
  EXPECT_EQ(floats(h100, 3 * 64 * 64), floats(t4, 3 * 64 * 64));
}

TEST(CudaStream, UsesAllFourNormalsOfADrawBeforeTheNext) {
  CudaStream tiny(5, kTiny), large(5, kH100);
  const std::vector<float> numbers = floats(tiny, 2100), first = floats(large, 256);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), numbers.begin()));
  const std::vector<float> second = floats(large, 256);  // the next counter of every thread
  EXPECT_TRUE(std::equal(second.begin(), second.end(), numbers.begin() + 4 * 256));
  // Sine and cosine of one draw: their squares sum to -2 ln u, so components 0 and 1 share the radius.
  const PhiloxWords words = philox_4x32_10(5, 0, 9);
  const double radius = -2 * std::log((static_cast<double>(words[0]) + 0.5) * 0x1p-32);
  EXPECT_NEAR(std::pow(numbers[9], 2) + std::pow(numbers[256 + 9], 2), radius, 1e-4);
  const double other = -2 * std::log((static_cast<double>(words[2]) + 0.5) * 0x1p-32);
  EXPECT_NEAR(std::pow(numbers[512 + 9], 2) + std::pow(numbers[768 + 9], 2), other, 1e-4);
}

TEST(CudaStream, MovesByTheDrawsThatACallTook) {
  CudaStream stream(5, kTiny);
  floats(stream, 2100);  // 2100 of 4 * 256 a draw: 3 draws
  EXPECT_EQ(stream.randint(1000), philox_4x32_10(5, 3, 0)[0] % 1000);
  std::vector<double> noise(600);
  stream.randn(std::span(noise));  // 600 of 2 * 256 a draw: 2 draws, after the one of randint
  EXPECT_EQ(stream.randint(10), philox_4x32_10(5, 6, 0)[0] % 10);
}

TEST(CudaStream, GivesFloat64NormalsInPairs) {
  CudaStream stream(5, kTiny);
  std::vector<double> noise(512);
  stream.randn(std::span(noise));
  const PhiloxWords words = philox_4x32_10(5, 0, 17);
  const double u = (static_cast<double>(words[0] ^ (std::uint64_t{words[1]} << 21)) + 0.5) * 0x1p-53;
  EXPECT_NEAR(std::pow(noise[17], 2) + std::pow(noise[256 + 17], 2), -2 * std::log(u), 1e-12);
}

TEST(CudaStream, RefusesBoundsThatTorchDrawsInAnotherWay) {
  CudaStream stream(0, kH100);
  EXPECT_THROW(stream.randint(0), Error);
  EXPECT_THROW(stream.randint(std::int64_t{1} << 28), Error);
}

TEST(RngFlag, SaysWhatItStandsFor) {
  EXPECT_EQ(rng_name("", at::kCPU), "cpu");
  EXPECT_EQ(rng_name("", at::Device("cuda:0")), "cuda");
  EXPECT_EQ(rng_name("cuda", at::Device("cuda:1")), "cuda");
  EXPECT_EQ(rng_name("cuda", at::kCPU), "cuda:132x2048");
  EXPECT_EQ(rng_name("cuda:40x1024", at::Device("cuda:0")), "cuda:40x1024");
  for (const char* name : {"gpu", "cuda:", "cuda:0x2048", "cuda:132", "cuda:132x255", "cuda:1x2048y", "CPU"})
    EXPECT_THROW(rng_name(name, at::kCPU), Error) << name;
}

}  // namespace
}  // namespace gdd
