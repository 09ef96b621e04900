// A feature network: images in, features out. One forward gives everything the metrics ask for.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batches/image_batch.h"
#include "detectors/feature_block.h"
#include "detectors/protocol.h"

namespace gdd {

struct DetectorRequest {
  std::string protocol = "edm";  // of the detector's family (detectors/protocol.h)
  bool spatial = false;
  bool probabilities = false;
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual std::int64_t feature_dim() const = 0;
  virtual std::int64_t spatial_dim() const { return 0; }        // 0: has no spatial features
  virtual std::int64_t probability_dim() const { return 0; }    // number of classes; 0: has no classes
  virtual Family family() const { return Family::kInception; }  // whose protocols it has
  virtual std::string name() const = 0;  // "inception-2015-12-05", "demo", "dinov2-vitl14"
  virtual std::string weights_sha256() const = 0;
  // What else a report says of it, by key: "weights.source", "weights.positions".
  virtual std::vector<std::pair<std::string, std::string>> facts() const { return {}; }
  // What its file leaves open and is taken for granted, a line for the user; empty: nothing.
  virtual std::string doubt() const { return ""; }
  // Empty, or what must stand beside every number: "demo features, not comparable with any published FID".
  virtual std::string label() const { return ""; }
  // How images reach the network under this protocol, its own part in it too; protocols that are alike here
  // have one name. Usage error: a protocol that its family has not.
  virtual std::string preparation_name(const std::string& protocol) const = 0;
  virtual c10::Device device() const = 0;
  virtual void to(const c10::Device& device) = 0;
  // What its layers compute in; features, sums and what else is in a FeatureBlock are float32 in any case.
  virtual c10::ScalarType layers() const { return c10::kFloat; }
  // Usage error: this detector has float32 alone.
  virtual void set_layers(c10::ScalarType layers);
  // Images of `batch` are RGB or grey (grey counts as three equal channels); at least one. Sizes may differ;
  // whether a protocol allows that is for measurement/extract_features to say, which knows the names. Returns
  // when a device has been told what to do; `batch` may be gone before it is done.
  virtual PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const = 0;
  FeatureBlock extract(const ImageBatch& batch, const DetectorRequest& request) const {
    return start(batch, request).wait();
  }
};

// Recognises the file by content: Inception v3 as pytorch-fid's .pth (zip, legacy), NVIDIA's .pkl and .pt,
// TensorFlow's frozen .pb; CLIP and DINOv2 in the layouts of backbone.h; their weights checked to be
// complete; or any TorchScript file with a description beside it (FILE.json, see torchscript_detector.cpp),
// for whose batches `batch_seconds` is the time limit (0: none). Error: anything else.
std::unique_ptr<Detector> open_detector(const std::string& path, double batch_seconds = 0);
// The small embedded network for when no Inception weights are present: features [64], 10 classes, trained on
// drawn shapes (tests/data/demo); images of any size are first brought to 32x32. It shows that the suite
// works; its label stands beside every number.
std::unique_ptr<Detector> make_demo_detector();

}  // namespace gdd
