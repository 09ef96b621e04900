// The weights of Inception v3 out of the files that users have, brought to one form. Internal to this room.
#pragma once

#include <map>
#include <string>

#include "base/mapped_file.h"
#include "detectors/graph_def.h"

namespace at {
class Tensor;
}

namespace gdd {

class Checkpoint;

// float32 tensors on the CPU (shapes alone, on the meta device, where they cannot be right) under the names
// of TensorFlow's graph, convolutions and `softmax/weights` in torch's layout:
//   <layer>/conv2d_params                                      [out, in, kh, kw]
//   <layer>/batchnorm/{beta,moving_mean,moving_variance}       [out]
//   <layer>/batchnorm/gamma                                    [out], absent where the file has no scale
//   softmax/weights                                            [1008, 2048]
// The bias of the last layer is left out: no protocol uses it.
using InceptionWeights = std::map<std::string, at::Tensor>;

// pytorch-fid's state dict in torchvision's names (Conv2d_1a_3x3.conv.weight, ..., fc.weight).
InceptionWeights read_torchvision_weights(const Checkpoint& file);
// NVIDIA's persistent object or TorchScript archive (layers.mixed.tower.conv_1.weight, ..., output.weight).
InceptionWeights read_nvidia_weights(const Checkpoint& file);
// TensorFlow's frozen graph. A gamma is taken only where the graph scales after normalisation.
InceptionWeights read_graph_weights(const GraphDef& graph);

// Recognises the file by content and reads it. Errors: not a file of Inception weights; incomplete (see
// check_inception_weights).
InceptionWeights read_inception_weights(const SharedFile& file);
// The same of a file that is open already, and no graph.
InceptionWeights read_inception_weights(const Checkpoint& checkpoint);

// Error naming every kind of fault at once: weights that are missing, unknown, of another shape, or not
// finite (NaN, infinity).
void check_inception_weights(const InceptionWeights& weights, const std::string& path);

}  // namespace gdd
