#include "generation/options.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(RunsInHalf, OnlyWhereUpstreamDoes) {
  GenerateOptions options;
  NetworkInfo info;
  options.compute.device = c10::Device(c10::kCUDA, 0);
  options.sampler.sampler = "edm";
  info.use_fp16 = true;
  EXPECT_TRUE(runs_in_half(options, info));
  options.compute.half = false;
  EXPECT_FALSE(runs_in_half(options, info));  // --precision fp32
  options.compute.half = true;
  options.sampler.sampler = "one_step";
  EXPECT_FALSE(runs_in_half(options, info));  // force_fp32=True
  options.sampler.sampler = "edm";
  options.compute.device = c10::kCPU;
  EXPECT_FALSE(runs_in_half(options, info));
  options.compute.device = c10::Device(c10::kCUDA, 0);
  info.use_fp16 = false;
  EXPECT_FALSE(runs_in_half(options, info));
}

TEST(SplitBatches, AreNumpysArraySplit) {
  using Parts = std::vector<std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(split_batches(100, 64), (Parts{{0, 50}, {50, 100}}));
  EXPECT_EQ(split_batches(7, 3), (Parts{{0, 3}, {3, 5}, {5, 7}}));
  EXPECT_EQ(split_batches(3, 64), (Parts{{0, 3}}));
}

}  // namespace
}  // namespace gdd
