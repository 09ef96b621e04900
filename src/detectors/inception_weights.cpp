#include "detectors/inception_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoints/checkpoint.h"
#include "checkpoints/tensor_view.h"
#include "detectors/inception_layers.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kRemedy =
    "give Inception v3 weights: NVIDIA's inception-2015-12-05.pkl or .pt, pytorch-fid's "
    "pt_inception-2015-12-05-6726825d.pth or TensorFlow's classify_image_graph_def.pb";

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

// Every name that must be there, and with which shape. A gamma may be there.
Shapes expected_shapes() {
  Shapes shapes;
  for (const InceptionLayer& layer : inception_layers()) {
    const std::string name = layer.tf_name;
    shapes[name + "/conv2d_params"] = {layer.out_channels, layer.in_channels, layer.kernel_height,
                                       layer.kernel_width};
    for (const char* part : {"beta", "gamma", "moving_mean", "moving_variance"})
      shapes[name + "/batchnorm/" + part] = {layer.out_channels};
  }
  shapes["softmax/weights"] = {kInceptionClasses, kInceptionFeatures};
  return shapes;
}

bool is_optional(const std::string& name) { return name.ends_with("/gamma"); }

// "3 weights are missing (conv/conv2d_params, ...)": the first few names say enough.
std::string fault_text(const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return "";
  constexpr std::size_t kShown = 4;
  std::string text =
      std::to_string(names.size()) + (names.size() == 1 ? " weight is " : " weights are ") + what + " (";
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > kShown ? ", ...)" : ")");
}

bool has(const StateDict& state, std::string_view name) {
  return std::any_of(state.begin(), state.end(), [&](const auto& entry) { return entry.first == name; });
}

bool is_checkpoint(Bytes file) {
  const std::string_view text = as_text(file.first(std::min<std::size_t>(file.size(), 4)));
  return text.starts_with("PK\3\4") || text.starts_with('\x80');
}

}  // namespace

void check_inception_weights(const InceptionWeights& weights, const std::string& path) {
  const Shapes expected = expected_shapes();
  std::vector<std::string> missing, unknown, misshapen;
  for (const auto& [name, shape] : expected)
    if (!weights.contains(name) && !is_optional(name)) missing.push_back(name);
  for (const auto& [name, tensor] : weights) {
    const auto found = expected.find(name);
    if (found == expected.end())
      unknown.push_back(name);
    else if (tensor.sizes() != at::IntArrayRef(found->second))
      misshapen.push_back(name + " " + shape_text(tensor.sizes().vec()) + ", not " +
                          shape_text(found->second));
  }
  std::string problem;
  for (const std::string& fault : {fault_text(missing, "missing"), fault_text(unknown, "unknown"),
                                   fault_text(misshapen, "of another shape")})
    if (!fault.empty()) problem += (problem.empty() ? "" : "; ") + fault;
  if (!problem.empty()) throw Error(path, "not the Inception v3 of 2015-12-05: " + problem, kRemedy);
}

InceptionWeights read_inception_weights(const SharedFile& file) {
  InceptionWeights weights;
  if (looks_like_graph_def(file->bytes())) {
    weights = read_graph_weights(parse_graph_def(file->bytes(), file->path()));
  } else if (is_checkpoint(file->bytes())) {
    const Checkpoint checkpoint = Checkpoint::open(file);
    const bool torchvision = checkpoint.format() != Checkpoint::Format::kPickle &&
                             has(checkpoint.state_dict(), "Conv2d_1a_3x3.conv.weight");
    weights = torchvision ? read_torchvision_weights(checkpoint) : read_nvidia_weights(checkpoint);
  } else {
    throw Error(file->path(), "not a pickle, torch archive or TensorFlow graph", kRemedy);
  }
  check_inception_weights(weights, file->path());
  return weights;
}

}  // namespace gdd
