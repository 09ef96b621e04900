// pytorch-fid's pt_inception-2015-12-05-6726825d.pth: a state dict in torchvision's names.
#include <string_view>

#include "checkpoints/checkpoint.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_shapes.h"
#include "detectors/inception_weights.h"

namespace gdd {
namespace {

// Torchvision's suffix -> TensorFlow's.
constexpr std::pair<const char*, const char*> kParts[] = {
    {".conv.weight", "/conv2d_params"},
    {".bn.weight", "/batchnorm/gamma"},
    {".bn.bias", "/batchnorm/beta"},
    {".bn.running_mean", "/batchnorm/moving_mean"},
    {".bn.running_var", "/batchnorm/moving_variance"},
};

std::map<std::string, std::string> tf_names() {
  std::map<std::string, std::string> names = {{"fc.weight", "softmax/weights"}};
  for (const InceptionLayer& layer : inception_layers())
    for (const auto& [torchvision, tf] : kParts)
      names[std::string(layer.torchvision_name) + torchvision] = std::string(layer.tf_name) + tf;
  return names;
}

// Counters of training, and the bias that no protocol uses.
bool is_ignored(std::string_view name) { return name.ends_with(".num_batches_tracked") || name == "fc.bias"; }

}  // namespace

InceptionWeights read_torchvision_weights(const Checkpoint& file) {
  const auto names = tf_names();
  InceptionWeights weights;
  for (const auto& [name, view] : file.state_dict()) {
    if (is_ignored(name)) continue;
    const auto found = names.find(name);
    add_weight(weights, found == names.end() ? name : found->second, view, file.path());
  }
  return weights;
}

}  // namespace gdd
