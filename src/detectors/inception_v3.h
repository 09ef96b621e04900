// Inception v3 of 2015-12-05 (Szegedy et al. 2015, arXiv:1512.00567), with the pooling of TensorFlow's graph:
// average pools inside the blocks leave the padding out, and the pool branch of mixed_10 takes the maximum.
// Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <map>
#include <string>

#include "detectors/inception_weights.h"

namespace gdd {

class InceptionV3 {
 public:
  // Folds each batch norm into its convolution in float64, then float32: pool3 stays within 1e-5 of
  // TensorFlow's and the network runs twice as fast as with the batch norm as a step of its own.
  explicit InceptionV3(const InceptionWeights& weights);

  void to(const c10::Device& device);

  struct Output {
    at::Tensor pool3;    // [N, 2048]
    at::Tensor spatial;  // [N, 2023]: mixed_6/conv after batch norm and ReLU, first 7 channels, in NHWC order
  };
  // `images` [N, 3, 299, 299] float32 in [-1, 1), on the network's device, best in channels_last.
  Output forward(at::Tensor images) const;

  // softmax(pool3 @ W): class probabilities [N, 1008], without the bias as every protocol has it.
  at::Tensor probabilities(const at::Tensor& pool3) const;

 private:
  struct Convolution {
    at::Tensor weight, bias;  // [out, in, kh, kw], [out]
    std::int64_t stride;
    std::int64_t padding_height, padding_width;
  };

  at::Tensor conv(const std::string& name, const at::Tensor& x) const;
  at::Tensor chain(const std::string& prefix, std::initializer_list<const char*> names, at::Tensor x) const;
  // The four kinds of block (figures 5 to 7 and 10 of the paper) and the two that halve the resolution.
  at::Tensor block_35(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_17(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_8(const std::string& name, const at::Tensor& x, bool max_pool) const;
  at::Tensor reduce_to_17(const at::Tensor& x) const;
  at::Tensor reduce_to_8(const at::Tensor& x) const;

  std::map<std::string, Convolution> convolutions_;
  at::Tensor softmax_;  // [1008, 2048]
};

}  // namespace gdd
