#include "compute/compute.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "compute/describe.h"
#include "compute/version.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::map<std::string, std::string> settings_of(const Compute& compute) {
  const auto list = compute_settings(compute);
  return {list.begin(), list.end()};
}

Compute on(c10::DeviceType type) {
  Compute compute;
  compute.device = c10::Device(type, type == c10::kCUDA ? 1 : -1);
  compute.threads = 3;
  return compute;
}

// Instructions and threads decide the last bits there.
TEST(Compute, OnACpuItsInstructionsAndThreadsAreSettings) {
  EXPECT_EQ(settings_of(on(c10::kCPU)), (std::map<std::string, std::string>{{"device", "cpu"},
                                                                            {"precision", "float32"},
                                                                            {"torch", torch_version()},
                                                                            {"gdd", suite_version()},
                                                                            {"cpu", cpu_capability()},
                                                                            {"threads", "3"}}));
  EXPECT_FALSE(cpu_capability().empty());
}

// Of CUDA they are not, and neither is which of its devices it is.
TEST(Compute, OnCudaThePrecisionIsASetting) {
  Compute compute = on(c10::kCUDA);
  const std::map<std::string, std::string> settings = settings_of(compute);
  EXPECT_EQ(settings.at("device"), "cuda");
  EXPECT_EQ(settings.at("precision"), "float32, convolutions in TF32");
  EXPECT_FALSE(settings.contains("cpu") || settings.contains("threads"));
  compute.tf32 = false;
  EXPECT_EQ(settings_of(compute).at("precision"), "float32");
}

TEST(Compute, IsResolvedFromWhatWasAskedFor) {
  Compute compute = resolve_compute({.device = "cpu", .precision = "fp32", .threads = 2});
  EXPECT_TRUE(compute.device.is_cpu());
  EXPECT_FALSE(compute.tf32 || compute.half);
  EXPECT_EQ(compute.threads, 2);
  compute = resolve_compute({.device = "cpu"});
  EXPECT_TRUE(compute.tf32 && compute.half);
  EXPECT_EQ(compute.threads, at::get_num_threads());
}

TEST(Compute, APrecisionOfLayersIsASettingOfItsOwn) {
  const Compute compute = resolve_compute({.device = "cpu", .precision = "bf16"});
  EXPECT_TRUE(compute.reduced());
  EXPECT_FALSE(compute.tf32 || compute.half);
  EXPECT_EQ(settings_of(compute).at("precision"), "bfloat16 layers, float32 sums");
  EXPECT_FALSE(resolve_compute({.device = "cpu", .precision = "fp32"}).reduced());
  EXPECT_EQ(layers_of("fp16", c10::Device(c10::kCUDA, 0)), c10::kHalf);
}

TEST(Compute, ACpuRefusesWhatOnlyAGpuHas) {
  for (const std::string name : {"fp16", "tf32"}) try {
      resolve_compute({.device = "cpu", .precision = name});
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::kUsage);
      EXPECT_NE(std::string(error.what()).find("--precision " + name), std::string::npos) << error.what();
    }
}

TEST(Compute, OnCudaTf32CanHoldForProductsToo) {
  Compute compute = on(c10::kCUDA);
  compute.tf32_products = true;
  EXPECT_EQ(compute.precision(), "float32, convolutions and matrix products in TF32");
}

TEST(Compute, IsDescribedAsItIsInForce) {
  const auto described = [](const Compute& compute) {
    std::map<std::string, std::string> found;
    for (const ProvenanceEntry& entry : describe(compute)) found[entry.key] = entry.value;
    return found;
  };
  const auto cpu = described(on(c10::kCPU)), cuda = described(on(c10::kCUDA));
  EXPECT_EQ(cpu.at("device"), "cpu");
  EXPECT_EQ(cpu.at("threads"), "3");
  EXPECT_EQ(cpu.at("cpu"), cpu_capability());
  EXPECT_EQ(cpu.at("tf32"), "none");  // whatever was asked for
  EXPECT_EQ(cpu.at("versions.torch"), torch_version());
  EXPECT_EQ(cpu.at("versions.gdd"), suite_version());
  EXPECT_EQ(cuda.at("device"), "cuda:1");
  EXPECT_EQ(cuda.at("tf32"), "convolutions");
}

}  // namespace
}  // namespace gdd
