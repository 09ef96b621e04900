// The streams of a batch drawn at once, with the CPU as the device, against one CudaStream a seed.
#include "random/device_stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include "gdd/error.h"

namespace gdd {
namespace {

const CudaModel kH100;
const CudaModel kTiny{1, 256};  // 256 threads: a large call needs several draws from each

// Large and small, and of all 64 bits.
std::vector<std::uint64_t> thousand_seeds() {
  std::vector<std::uint64_t> seeds(1000);
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{0});
  for (std::size_t i = 0; i < seeds.size(); i += 3) seeds[i] = ~(seeds[i] * 0x9E3779B97F4A7C15ULL);
  return seeds;
}

class Pair {
 public:
  Pair(const std::vector<std::uint64_t>& seeds, const CudaModel& model) : device_(seeds, model, at::kCPU) {
    for (const std::uint64_t seed : seeds) streams_.emplace_back(seed, model);
  }

  // Both draw; the largest difference in units of the expected number's last place.
  template <class Number>
  std::int64_t ulps_of_randn(const std::vector<std::int64_t>& shape) {
    using Bits = std::conditional_t<sizeof(Number) == 4, std::int32_t, std::int64_t>;
    const at::Tensor found = device_.randn(shape, sizeof(Number) == 4 ? at::kFloat : at::kDouble);
    std::vector<std::int64_t> sizes = shape;
    sizes.insert(sizes.begin(), std::ssize(streams_));
    EXPECT_EQ(found.sizes(), at::IntArrayRef(sizes));
    const auto* number = found.const_data_ptr<Number>();
    std::vector<Number> expected(static_cast<std::size_t>(found.numel()) / streams_.size());
    std::int64_t largest = 0;
    for (CudaStream& stream : streams_) {
      stream.randn(std::span(expected));
      for (const Number wanted : expected) {
        const Number given = *number++;
        if (std::signbit(given) != std::signbit(wanted)) return std::numeric_limits<std::int64_t>::max();
        const std::int64_t apart = std::int64_t{std::bit_cast<Bits>(given)} - std::bit_cast<Bits>(wanted);
        largest = std::max(largest, std::abs(apart));
      }
    }
    return largest;
  }

  void expect_equal_randint(std::int64_t high) {
    const at::Tensor found = device_.randint(high);
    ASSERT_EQ(found.sizes(), at::IntArrayRef({std::ssize(streams_)}));
    for (std::size_t i = 0; i < streams_.size(); ++i)
      ASSERT_EQ(found.const_data_ptr<std::int64_t>()[i], streams_[i].randint(high)) << i;
  }

 private:
  DeviceStream device_;
  std::vector<CudaStream> streams_;
};

TEST(DeviceStream, OfAThousandSeedsIsThatOfEach) {
  Pair pair(thousand_seeds(), kH100);
  EXPECT_LE(pair.ulps_of_randn<float>({3, 8, 8}), 1);
  pair.expect_equal_randint(1000);
  EXPECT_LE(pair.ulps_of_randn<double>({3, 8, 8}), 4);
  pair.expect_equal_randint((std::int64_t{1} << 28) - 1);
  EXPECT_LE(pair.ulps_of_randn<float>({3, 8, 8}), 1);
}

// Some with a last draw, and a last component, that not all threads have a use for.
TEST(DeviceStream, GoesBeyondOneDrawOfEachThread) {
  Pair pair({5, 6, 7}, kTiny);
  for (const std::int64_t numel : {1, 256, 257, 700, 1024, 1025, 2100, 5000}) {
    EXPECT_LE(pair.ulps_of_randn<float>({numel}), 1) << numel;
    EXPECT_LE(pair.ulps_of_randn<double>({numel}), 4) << numel;
  }
  pair.expect_equal_randint(10);
}

// Words of more seeds than are made at once; numbers whose fused multiply-add is rounded in a rare way.
TEST(DeviceStream, IsExactInItsAngles) {
  Pair pair({0, 1, 2, 3, 4}, kH100);
  EXPECT_LE(pair.ulps_of_randn<float>({1, 1024, 1024}), 1);
}

TEST(DeviceStream, DrawsNothingWhereNothingIsAsked) {
  DeviceStream stream(std::vector<std::uint64_t>{1}, kH100, at::kCPU);
  EXPECT_EQ(stream.randn({0}, at::kFloat).numel(), 0);
  EXPECT_EQ(stream.randint(1 << 20).item<std::int64_t>(), CudaStream(1, kH100).randint(1 << 20));
}

// torch's device without memory stands for a GPU.
TEST(DeviceStream, IsWhatADeviceDrawsWhereTheStreamIsEmulated) {
  const std::vector<std::int64_t> seeds{1, 2};
  const auto open = [&](c10::DeviceType type) { return open_random_streams("cuda:132x2048", seeds, type); };
  EXPECT_NE(dynamic_cast<DeviceStream*>(open(at::kMeta).get()), nullptr);
  EXPECT_EQ(dynamic_cast<DeviceStream*>(open(at::kCPU).get()), nullptr);  // a loop is faster there
}

TEST(DeviceStream, RefusesBoundsThatTorchDrawsInAnotherWay) {
  DeviceStream stream(std::vector<std::uint64_t>{1}, kH100, at::kCPU);
  EXPECT_THROW(stream.randint(0), Error);
  EXPECT_THROW(stream.randint(std::int64_t{1} << 28), Error);
}

}  // namespace
}  // namespace gdd
