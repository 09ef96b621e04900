#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <random>

#include "base/sha256.h"
#include "detectors/batch_preparation.h"
#include "detectors/detector.h"
#include "detectors/tensor_copy.h"

namespace gdd {
namespace {

constexpr std::int64_t kImageSize = 32, kFeatures = 64, kClasses = 10;

// Random weights that are the same on every machine: mt19937 is fixed by the standard, its distributions are
// not. The sum of four uniform numbers, scaled to the variance 2 / fan_in (He et al. 2015).
class WeightStream {
 public:
  at::Tensor next(at::IntArrayRef shape, std::int64_t fan_in) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    const double scale = std::sqrt(3.0 * 2.0 / static_cast<double>(fan_in));
    float* const data = tensor.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      double sum = -2.0;
      for (int k = 0; k < 4; ++k) sum += static_cast<double>(generator_()) * 0x1p-32;
      data[i] = static_cast<float>(sum * scale);
    }
    return tensor;
  }

 private:
  std::mt19937 generator_{20240531};
};

class DemoDetector final : public Detector {
 public:
  DemoDetector() {
    WeightStream stream;
    std::int64_t in = 3;
    for (const std::int64_t out : {std::int64_t{24}, std::int64_t{48}, kFeatures}) {
      convolutions_.push_back(stream.next({out, in, 3, 3}, in * 9));
      in = out;
    }
    classes_ = stream.next({kClasses, kFeatures}, kFeatures);
  }

  std::int64_t feature_dim() const override { return kFeatures; }
  std::int64_t probability_dim() const override { return kClasses; }
  std::string name() const override { return "demo"; }
  std::string label() const override { return "demo features, not comparable with any published FID"; }
  std::string weights_sha256() const override {
    std::vector<float> weights;
    for (const at::Tensor& weight : convolutions_) append(weight, weights);
    append(classes_, weights);
    return sha256(std::as_bytes(std::span(weights)));
  }
  std::string preparation_name(const std::string& protocol) const override {
    return inception_preparation(protocol, kImageSize).name();
  }
  c10::Device device() const override { return device_; }
  void to(const c10::Device& device) override {
    for (at::Tensor& weight : convolutions_) weight = weight.to(device);
    classes_ = classes_.to(device);
    device_ = device;
  }

  PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const override {
    const c10::InferenceMode guard;
    const BatchPreparation prepared(batch, inception_preparation(request.protocol, kImageSize), device_);
    at::Tensor x = prepared.images(0, prepared.size()).contiguous().to(device_);
    for (const at::Tensor& weight : convolutions_) x = at::conv2d(x, weight, {}, {2, 2}, {1, 1}).relu_();
    const at::Tensor features = x.mean(at::IntArrayRef{2, 3});
    PendingFeatures pending;
    pending.add(features, {},
                request.probabilities ? at::softmax(at::matmul(features, classes_.t()), 1) : at::Tensor());
    return pending;
  }

 private:
  std::vector<at::Tensor> convolutions_;
  at::Tensor classes_;
  c10::Device device_{c10::kCPU};
};

}  // namespace

std::unique_ptr<Detector> make_demo_detector() { return std::make_unique<DemoDetector>(); }

}  // namespace gdd
