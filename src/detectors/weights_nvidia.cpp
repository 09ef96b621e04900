// NVIDIA's translation of the graph: inception-2015-12-05.pkl (StyleGAN3, EDM) and .pt (StyleGAN2-ADA).
#include <algorithm>
#include <string_view>

#include "checkpoints/checkpoint.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_shapes.h"
#include "detectors/inception_weights.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Towers are submodules, except in mixed_9 and mixed_10, where the names behind the block are joined by '_'.
std::string nvidia_name(const std::string& tf_name) {
  std::string name = tf_name;
  const bool joined = name.starts_with("mixed_9/") || name.starts_with("mixed_10/");
  const std::size_t block_end = name.find('/');
  for (std::size_t i = 0; i < name.size(); ++i)
    if (name[i] == '/') name[i] = joined && i != block_end ? '_' : '.';
  return "layers." + name;
}

constexpr std::pair<const char*, const char*> kParts[] = {
    {".weight", "/conv2d_params"},
    {".beta", "/batchnorm/beta"},
    {".mean", "/batchnorm/moving_mean"},
    {".var", "/batchnorm/moving_variance"},
};

std::map<std::string, std::string> tf_names() {
  std::map<std::string, std::string> names = {{"output.weight", "softmax/weights"}};
  for (const InceptionLayer& layer : inception_layers())
    for (const auto& [nvidia, tf] : kParts)
      names[nvidia_name(layer.tf_name) + nvidia] = std::string(layer.tf_name) + tf;
  return names;
}

// All parameters and buffers of a module and its children under dotted names.
void flatten(const ModuleTree& module, const std::string& prefix, StateDict& state) {
  for (const auto* tensors : {&module.parameters, &module.buffers})
    for (const auto& [name, view] : *tensors)
      if (view) state.emplace_back(prefix + name, *view);
  for (const auto& [name, child] : module.children) flatten(child, prefix + name + ".", state);
}

StateDict read_state(const Checkpoint& file) {
  if (file.format() != Checkpoint::Format::kPickle) return file.state_dict();
  const auto names = file.module_names();
  if (std::find(names.begin(), names.end(), "") == names.end())
    throw Error(file.path(), "expected the weights of a detector, found a snapshot of a generator",
                "give it to gdd-sample --network, and Inception v3 weights to --detector");
  StateDict state;
  flatten(file.module(""), "", state);
  return state;
}

}  // namespace

InceptionWeights read_nvidia_weights(const Checkpoint& file) {
  const auto names = tf_names();
  InceptionWeights weights;
  for (const auto& [name, view] : read_state(file)) {
    if (name == "output.bias") continue;  // no protocol uses it
    const auto found = names.find(name);
    add_weight(weights, found == names.end() ? name : found->second, view, file.path());
  }
  return weights;
}

}  // namespace gdd
