// The convolutions of Inception v3 as the graph of 2015-12-05 has them, under the two names that weight files
// use.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gdd {

// One convolution with batch norm (eps 1e-3) and ReLU behind it. TensorFlow's SAME padding is symmetric here,
// because no layer pads and strides at once.
struct InceptionLayer {
  const char* tf_name;           // "mixed_9/tower/mixed/conv_1": the graph's, used everywhere in this folder
  const char* torchvision_name;  // "Mixed_7b.branch3x3_2b"
  std::int64_t out_channels, in_channels, kernel_height, kernel_width;
  std::int64_t stride;
  std::int64_t padding_height, padding_width;
};

inline constexpr std::int64_t kInceptionImageSize = 299;  // height and width of the network's input
inline constexpr std::int64_t kInceptionFeatures = 2048;  // pool3
inline constexpr std::int64_t kInceptionSpatial = 2023;   // 17 x 17 x 7 of mixed_6/conv
inline constexpr std::int64_t kInceptionClasses = 1008;   // softmax
inline constexpr double kInceptionBatchNormEpsilon = 1e-3;

std::span<const InceptionLayer> inception_layers();  // all 94, in the graph's order

}  // namespace gdd
