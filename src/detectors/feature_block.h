// What a detector gives of a batch of images.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "compute/host_copy.h"

namespace gdd {

// Row-major float32 blocks; a block that was not asked for (or that the detector has not) stays empty.
struct FeatureBlock {
  std::int64_t rows = 0;
  std::vector<float> features;       // [rows, feature_dim]: pool3 for Inception
  std::vector<float> spatial;        // [rows, 2023]: mixed_6/conv, first 7 channels, NHWC
  std::vector<float> probabilities;  // [rows, 1008]: softmax without the bias
};

// The same, perhaps still being computed by a device, so that the CPU can do other work meanwhile.
class PendingFeatures {
 public:
  // Rows behind those before, float32 on any device, whose copies begin now; undefined: of a block that stays
  // empty.
  void add(const at::Tensor& features, const at::Tensor& spatial, const at::Tensor& probabilities);

  FeatureBlock wait();

 private:
  struct Piece {
    HostCopy features, spatial, probabilities;
  };
  std::vector<Piece> pieces_;
};

}  // namespace gdd
