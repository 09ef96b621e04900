// Inception v3 of 2015-12-05 (Szegedy et al. 2015, arXiv:1512.00567), with the pooling of TensorFlow's graph:
// average pools inside the blocks leave the padding out, and the pool branch of mixed_10 takes the maximum.
// Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>

#include "detectors/convolution.h"
#include "detectors/detector.h"
#include "detectors/inception_weights.h"

namespace gdd {

// So many images go through the network at once on a CPU: their activations stay in the cache, memory is
// bounded whatever --batch says, and larger batches are no faster.
inline constexpr std::int64_t kInceptionChunk = 8;

class InceptionV3 {
 public:
  // Folds each batch norm into its convolution in float64, then float32: pool3 stays within 1e-5 of
  // TensorFlow's and the network runs twice as fast as with the batch norm as a step of its own.
  explicit InceptionV3(const InceptionWeights& weights);

  // Where it runs, and in what its layers compute, all but the first: float32, bfloat16 or (on CUDA) float16.
  // Weights are cast and laid out here, once.
  void place(const c10::Device& device, c10::ScalarType layers);
  c10::Device device() const { return device_; }
  c10::ScalarType layers() const { return layers_; }

  struct Output {
    at::Tensor pool3;    // [N, 2048] float32, a mean in float32
    at::Tensor spatial;  // [N, 2023] float32: mixed_6/conv after ReLU, first 7 channels, in NHWC order
  };
  // `images` [N, 3, 299, 299] float32 in [-1, 1), on any device, best in Convolution::format() of it.
  Output forward(const at::Tensor& images) const;

  // softmax(pool3 @ W): class probabilities [N, 1008], without the bias as every protocol has it.
  at::Tensor probabilities(const at::Tensor& pool3) const;

 private:
  void lay_out();
  c10::ScalarType type_of(const std::string& layer) const;
  at::Tensor conv(const std::string& name, const at::Tensor& x) const;
  at::Tensor pool_conv(const std::string& name, const at::Tensor& x) const;
  at::Tensor chain(const std::string& prefix, std::initializer_list<const char*> names, at::Tensor x) const;
  // The four kinds of block (figures 5 to 7 and 10 of the paper) and the two that halve the resolution.
  at::Tensor block_35(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_17(const std::string& name, const at::Tensor& x) const;
  at::Tensor block_8(const std::string& name, const at::Tensor& x, bool max_pool) const;
  at::Tensor reduce_to_17(const at::Tensor& x) const;
  at::Tensor reduce_to_8(const at::Tensor& x) const;

  std::map<std::string, Convolution> convolutions_;
  at::Tensor softmax_;  // [1008, 2048]
  c10::Device device_{c10::kCPU};
  c10::ScalarType layers_ = c10::kFloat;
};

// A detector of such weights, from a file of that hash (inception_detector.cpp).
std::unique_ptr<Detector> make_inception_detector(std::string sha256, const InceptionWeights& weights);

}  // namespace gdd
