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
  options.sampler.sampler = "edm2";
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

}  // namespace
}  // namespace gdd
