// TensorFlow's classify_image_graph_def.pb, as guided-diffusion uses it.
#include <ATen/ATen.h>

#include <string_view>

#include "detectors/graph_def.h"
#include "detectors/inception_shapes.h"
#include "detectors/inception_weights.h"

namespace gdd {
namespace {

// Weights of layers, as opposed to the graph's other constants (sizes, axes, offsets).
bool is_weight(std::string_view name) {
  return name.ends_with("/conv2d_params") || name.find("/batchnorm/") != std::string_view::npos ||
         name == "softmax/weights";
}

// The graph stores [kh, kw, in, out] and [in, out]; torch wants [out, in, kh, kw] and [out, in].
at::Tensor in_torch_layout(const at::Tensor& tensor) {
  if (tensor.dim() == 4) return tensor.permute({3, 2, 0, 1}).contiguous();
  return tensor.dim() == 2 ? tensor.t().contiguous() : tensor;
}

}  // namespace

InceptionWeights read_graph_weights(const GraphDef& graph) {
  InceptionWeights weights;
  for (const auto& [name, constant] : graph.constants) {
    if (!is_weight(name)) continue;
    if (name.ends_with("/gamma")) {
      const auto scale = graph.scales.find(name.substr(0, name.rfind('/')));
      if (scale == graph.scales.end() || !scale->second) continue;  // there, but the graph does not use it
    }
    add_weight(weights, name, constant, graph.path);
    weights[name] = in_torch_layout(weights[name]);
  }
  return weights;
}

}  // namespace gdd
