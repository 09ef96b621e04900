// The device that these tests are for.
#pragma once

#include <c10/core/Device.h>

#include <optional>

#include "compute/device.h"
#include "gdd/error.h"

namespace gdd::testing_support {

inline constexpr const char* kNoGpu = "no usable CUDA device here";

inline std::optional<c10::Device> find_gpu() {
  try {
    return resolve_device("cuda");
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace gdd::testing_support
