// Weights for Inception v3 that a test needs no file for.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "detectors/inception_layers.h"
#include "detectors/inception_weights.h"

namespace gdd::testing_support {

// The weights of inception.npz: MT19937's words in the order of the layers, see tests/data/detectors/make.py.
inline InceptionWeights stream_weights() {
  std::mt19937 generator(7);
  const auto uniform = [&](const std::vector<std::int64_t>& shape, double low, double range) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    float* const data = tensor.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      data[i] = static_cast<float>((static_cast<double>(generator()) * 0x1p-32 + low) * range);
    return tensor;
  };
  InceptionWeights weights;
  for (const InceptionLayer& layer : inception_layers()) {
    const std::string name = layer.tf_name;
    const std::int64_t o = layer.out_channels, i = layer.in_channels;
    const double fan_in = static_cast<double>(i * layer.kernel_height * layer.kernel_width);
    weights[name + "/conv2d_params"] =
        uniform({o, i, layer.kernel_height, layer.kernel_width}, -0.5, std::sqrt(24.0 / fan_in));
    weights[name + "/batchnorm/beta"] = uniform({o}, -0.5, 0.6);
    weights[name + "/batchnorm/moving_mean"] = uniform({o}, -0.5, 0.2);
    weights[name + "/batchnorm/moving_variance"] = uniform({o}, 0.875, 0.8);  // 0.7 + 0.8 u
  }
  weights["softmax/weights"] = uniform({kInceptionClasses, kInceptionFeatures}, -0.5, 0.5);
  return weights;
}

}  // namespace gdd::testing_support
