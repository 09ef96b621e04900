#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "detectors/batch_preparation.h"
#include "detectors/detector.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_v3.h"
#include "detectors/tensor_copy.h"
#include "detectors/torchscript_detector.h"
#include "gdd/error.h"

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
  c10::Device device() const override { return device_; }
  void to(const c10::Device& device) override {
    if (device != device_) network_.place(device, layers_);
    device_ = device;
  }
  c10::ScalarType layers() const override { return layers_; }
  void set_layers(c10::ScalarType layers) override {
    if (layers != layers_) network_.place(device_, layers);
    layers_ = layers;
  }

  FeatureBlock extract(const ImageBatch& batch, const DetectorRequest& request) const override {
    const BatchPreparation prepared(batch, inception_preparation(request.protocol, kInceptionImageSize),
                                    device_);
    FeatureBlock block;
    const std::int64_t step = device_.is_cpu() ? kInceptionChunk : prepared.size();
    for (std::int64_t first = 0; first < prepared.size(); first += step)
      extract_chunk(prepared, first, std::min(step, prepared.size() - first), request, block);
    return block;
  }

 private:
  void extract_chunk(const BatchPreparation& prepared, std::int64_t first, std::int64_t count,
                     const DetectorRequest& request, FeatureBlock& block) const {
    const c10::InferenceMode guard;
    const InceptionV3::Output output = network_.forward(prepared.images(first, count));
    block.rows += count;
    append(output.pool3, block.features);
    if (request.spatial) append(output.spatial, block.spatial);
    if (request.probabilities) append(network_.probabilities(output.pool3), block.probabilities);
  }

  std::string sha256_;
  InceptionV3 network_;
  c10::Device device_{c10::kCPU};
  c10::ScalarType layers_ = c10::kFloat;
};

}  // namespace

void Detector::set_layers(c10::ScalarType layers) {
  if (layers != this->layers())
    throw Error::usage("detector '" + name() + "'", "computes in float32 alone",
                       "leave out the precision of the detector");
}

std::unique_ptr<Detector> make_inception_detector(std::string sha256, const InceptionWeights& weights) {
  return std::make_unique<InceptionDetector>(std::move(sha256), weights);
}

std::unique_ptr<Detector> open_detector(const std::string& path, double batch_seconds) {
  if (const std::string description = find_description(path); !description.empty())
    return open_torchscript_detector(path, description, batch_seconds);
  const SharedFile file = map_file(path);
  return make_inception_detector(sha256(file->bytes()), read_inception_weights(file));
}

}  // namespace gdd
