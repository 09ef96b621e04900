// The device that these tests are for.
#pragma once

#include <c10/core/Device.h>
#include <gtest/gtest.h>

#include "compute/device.h"
#include "gdd/error.h"

namespace gdd::testing_support {

// Skips where there is none.
class OnAGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      gpu_ = resolve_device("cuda");
    } catch (const Error&) {
      GTEST_SKIP() << "no usable CUDA device here";
    }
  }

  c10::Device gpu_{c10::kCPU};
};

}  // namespace gdd::testing_support
