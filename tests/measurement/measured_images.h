// Images and a detector small enough to know every number by heart.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "base/atomic_file.h"
#include "detectors/detector.h"
#include "images/codec.h"
#include "measurement/side_plan.h"

namespace gdd::testing_support {

// features: the mean of the pixels, the first pixel, the last pixel. probabilities: two classes.
class MeanDetector : public Detector {
 public:
  std::int64_t feature_dim() const override { return 3; }
  std::int64_t probability_dim() const override { return 2; }
  std::string name() const override { return "mean"; }
  std::string preparation_name(const std::string&) const override { return "none"; }
  c10::Device device() const override { return device_; }
  std::string weights_sha256() const override { return "none"; }
  void to(const c10::Device& device) override { device_ = device; }  // says so, and computes where it did
  mutable int calls = 0;
  mutable std::vector<std::int64_t> batches;  // images of each call
  PendingFeatures start(const ImageBatch& batch, const DetectorRequest& request) const override {
    ++calls;
    const std::vector<Image> images = batch.list();
    std::vector<float> features, probabilities;
    batches.push_back(std::ssize(images));
    for (const Image& image : images) {
      double sum = 0;
      for (const std::uint8_t pixel : image.pixels) sum += pixel;
      const auto mean = static_cast<float>(sum / static_cast<double>(image.pixels.size()));
      features.insert(features.end(), {mean, static_cast<float>(image.pixels.front()),
                                       static_cast<float>(image.pixels.back())});
      const float first = mean / 255.0f;
      probabilities.insert(probabilities.end(), {first, 1 - first});
    }
    PendingFeatures pending;
    pending.add(at::tensor(features).view({-1, 3}), {},
                request.probabilities ? at::tensor(probabilities).view({-1, 2}) : at::Tensor());
    return pending;
  }

 private:
  c10::Device device_{c10::kCPU};
};

// A picture whose pixels depend on `seed` only.
inline Image picture(int seed, int height = 4, int width = 4, int channels = 3) {
  Image image{height, width, channels, {}};
  unsigned state = static_cast<unsigned>(seed) * 2654435761u + 1;
  for (int i = 0; i < height * width * channels; ++i) {
    state = state * 1664525u + 1013904223u;
    image.pixels.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

// folder/0000.png ... of picture(first), picture(first + 1), ...
inline void write_pictures(const std::string& folder, int count, int first = 0, int size = 4) {
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(10000 + i).substr(1);
    write_file_atomically(folder + "/" + number + ".png", encode_png(picture(first + i, size, size)));
  }
}

inline SideRequest everything() {
  SideRequest request;
  request.statistics = request.features = request.exact_features = request.probabilities = true;
  return request;
}

}  // namespace gdd::testing_support
