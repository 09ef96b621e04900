#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cstdint>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "base/sha256.h"
#include "detectors/batch_preparation.h"
#include "detectors/demo_weights.h"
#include "detectors/detector.h"

namespace gdd {
namespace {

constexpr std::int64_t kImageSize = 32, kFeatures = 64, kClasses = 10;

at::Tensor read_tensor(const NpzReader& npz, const std::string& name) {
  const NpyArray array = npz.read(name);
  const std::vector<double> values = array.as_float64();
  return at::tensor(values, at::kFloat).view(array.shape());
}

class DemoDetector final : public Detector {
 public:
  DemoDetector() {
    const NpzReader npz(demo_weights(), "the demo detector");
    strides_ = npz.read("strides").as_int64();
    for (std::size_t i = 0; i < strides_.size(); ++i) {
      const std::string name = "conv" + std::to_string(i);
      weights_.push_back(read_tensor(npz, name + ".weight"));
      biases_.push_back(read_tensor(npz, name + ".bias"));
    }
    classes_ = read_tensor(npz, "classes.weight");
    class_bias_ = read_tensor(npz, "classes.bias");
  }

  std::int64_t feature_dim() const override { return kFeatures; }
  std::int64_t probability_dim() const override { return kClasses; }
  std::string name() const override { return "demo"; }
  std::string label() const override { return "demo features, not comparable with any published FID"; }
  std::string weights_sha256() const override { return sha256(demo_weights()); }
  std::string preparation_name(const std::string& protocol) const override {
    return inception_preparation(protocol, kImageSize).name();
  }
  c10::Device device() const override { return device_; }
  void to(const c10::Device& device) override {
    for (std::vector<at::Tensor>* tensors : {&weights_, &biases_})
      for (at::Tensor& tensor : *tensors) tensor = tensor.to(device);
    classes_ = classes_.to(device);
    class_bias_ = class_bias_.to(device);
    device_ = device;
  }

  PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const override {
    const c10::InferenceMode guard;
    const BatchPreparation prepared(batch, inception_preparation(request.protocol, kImageSize), device_);
    at::Tensor x = prepared.images(0, prepared.size()).contiguous().to(device_);
    for (std::size_t i = 0; i < weights_.size(); ++i)
      x = at::conv2d(x, weights_[i], biases_[i], {strides_[i], strides_[i]}, {1, 1}).relu_();
    const at::Tensor features = x.mean(at::IntArrayRef{2, 3});
    PendingFeatures pending;
    pending.add(
        features, {},
        request.probabilities ? at::softmax(at::linear(features, classes_, class_bias_), 1) : at::Tensor());
    return pending;
  }

 private:
  std::vector<at::Tensor> weights_, biases_;
  std::vector<std::int64_t> strides_;
  at::Tensor classes_, class_bias_;  // [10, 64], [10]
  c10::Device device_{c10::kCPU};
};

}  // namespace

std::unique_ptr<Detector> make_demo_detector() { return std::make_unique<DemoDetector>(); }

}  // namespace gdd
