#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "detectors/detector.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_v3.h"
#include "detectors/preparation.h"
#include "detectors/tensor_copy.h"
#include "detectors/torchscript_detector.h"
#include "gdd/error.h"

namespace gdd {
namespace {

class InceptionDetector final : public Detector {
 public:
  explicit InceptionDetector(const SharedFile& file)
      : sha256_(sha256(file->bytes())), network_(read_inception_weights(file)) {}

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
    const std::vector<ImageView> images = batch.views();
    FeatureBlock block;
    const std::size_t step = device_.is_cpu() ? std::size_t{kInceptionChunk} : images.size();
    for (std::size_t begin = 0; begin < images.size(); begin += step)
      extract_chunk(images.data() + begin, std::min(step, images.size() - begin), request, block);
    return block;
  }

 private:
  void extract_chunk(const ImageView* images, std::size_t count, const DetectorRequest& request,
                     FeatureBlock& block) const {
    const c10::InferenceMode guard;
    const at::Tensor batch =
        prepare_images({images, count}, inception_preparation(request.protocol, kInceptionImageSize));
    const InceptionV3::Output output = network_.forward(batch);
    block.rows += static_cast<std::int64_t>(count);
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

std::unique_ptr<Detector> open_detector(const std::string& path, double batch_seconds) {
  if (const std::string description = find_description(path); !description.empty())
    return open_torchscript_detector(path, description, batch_seconds);
  return std::make_unique<InceptionDetector>(map_file(path));
}

}  // namespace gdd
