#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "detectors/batch_preparation.h"
#include "detectors/detector.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_v3.h"

namespace gdd {
namespace {

class InceptionDetector final : public Detector {
 public:
  InceptionDetector(std::string sha256, const InceptionWeights& weights)
      : sha256_(std::move(sha256)), network_(weights) {}

  std::int64_t feature_dim() const override { return kInceptionFeatures; }
  std::int64_t spatial_dim() const override { return kInceptionSpatial; }
  std::int64_t probability_dim() const override { return kInceptionClasses; }
  std::string name() const override { return "inception-2015-12-05"; }
  std::string weights_sha256() const override { return sha256_; }
  std::string preparation_name(const std::string& protocol) const override {
    return inception_preparation(protocol, kInceptionImageSize).name();
  }
  c10::Device device() const override { return network_.device(); }
  void to(const c10::Device& device) override { network_.place(device, layers()); }
  c10::ScalarType layers() const override { return network_.layers(); }
  void set_layers(c10::ScalarType layers) override { network_.place(device(), layers); }

  PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const override {
    const c10::InferenceMode guard;
    const BatchPreparation prepared(batch, inception_preparation(request.protocol, kInceptionImageSize),
                                    device());
    const std::int64_t step = device().is_cpu() ? kInceptionChunk : prepared.size();
    PendingFeatures pending;
    for (std::int64_t first = 0; first < prepared.size(); first += step) {
      const std::int64_t count = std::min(step, prepared.size() - first);
      const InceptionV3::Output output = network_.forward(prepared.images(first, count));
      pending.add(output.pool3, request.spatial ? output.spatial : at::Tensor(),
                  request.probabilities ? network_.probabilities(output.pool3) : at::Tensor());
    }
    return pending;
  }

 private:
  std::string sha256_;
  InceptionV3 network_;
};

}  // namespace

std::unique_ptr<Detector> make_inception_detector(std::string sha256, const InceptionWeights& weights) {
  return std::make_unique<InceptionDetector>(std::move(sha256), weights);
}

}  // namespace gdd
