#include "detectors/inception_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/file_kind.h"
#include "base/shape_text.h"
#include "checkpoints/checkpoint.h"
#include "detectors/inception_shapes.h"
#include "detectors/weight_faults.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kRemedy =
    "give Inception v3 weights: NVIDIA's inception-2015-12-05.pkl or .pt, pytorch-fid's "
    "pt_inception-2015-12-05-6726825d.pth or TensorFlow's classify_image_graph_def.pb; or CLIP or DINOv2 as "
    "they are published";

bool is_optional(const std::string& name) { return name.ends_with("/gamma"); }

// One weight that is missing must not turn the whole file into another naming's.
bool is_torchvision(const StateDict& state) {
  return std::any_of(state.begin(), state.end(), [](const auto& entry) {
    return std::string_view(entry.first).ends_with(".bn.running_mean");
  });
}

}  // namespace

void check_inception_weights(const InceptionWeights& weights, const std::string& path) {
  const auto& expected = inception_shapes();
  WeightFaults faults;
  for (const auto& [name, shape] : expected)
    if (!weights.contains(name) && !is_optional(name)) faults.missing.push_back(name);
  for (const auto& [name, tensor] : weights) {
    const auto found = expected.find(name);
    if (found == expected.end())
      faults.unknown.push_back(weight_name(name));
    else if (tensor.sizes() != at::IntArrayRef(found->second))
      faults.misshapen.push_back(name + " " + shape_text(tensor.sizes().vec()) + ", not " +
                                 shape_text(found->second));
    else if (!at::isfinite(tensor).all().item<bool>())
      faults.infinite.push_back(name);
  }
  if (!faults.none()) throw Error(path, "not the Inception v3 of 2015-12-05: " + faults.text(), kRemedy);
}

InceptionWeights read_inception_weights(const SharedFile& file) {
  if (looks_like_checkpoint(file->bytes())) return read_inception_weights(Checkpoint::open(file));
  if (!looks_like_graph_def(file->bytes())) {
    const auto kind = recognise_kind(file->bytes());
    throw Error(
        file->path(),
        "not a pickle, torch archive, safetensors or TensorFlow graph" + (kind ? ", but " + kind->name : ""),
        (kind ? kind->remedy + "; " : "") + kRemedy);
  }
  InceptionWeights weights = read_graph_weights(parse_graph_def(file->bytes(), file->path()));
  check_inception_weights(weights, file->path());
  return weights;
}

InceptionWeights read_inception_weights(const Checkpoint& checkpoint) {
  const bool torchvision =
      checkpoint.format() != Checkpoint::Format::kPickle && is_torchvision(checkpoint.state_dict());
  InceptionWeights weights =
      torchvision ? read_torchvision_weights(checkpoint) : read_nvidia_weights(checkpoint);
  check_inception_weights(weights, checkpoint.path());
  return weights;
}

}  // namespace gdd
