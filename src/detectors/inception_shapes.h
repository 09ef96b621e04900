// The names and shapes that weights of Inception v3 may have, and what of a foreign file is worth copying.
// Internal to this room.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checkpoints/tensor_view.h"
#include "detectors/graph_def.h"
#include "detectors/inception_weights.h"

namespace gdd {

// Every weight under its name of TensorFlow's graph (inception_weights.h), gammas among them.
const std::map<std::string, std::vector<std::int64_t>>& inception_shapes();

// Puts a tensor of a file under `name`, as float32. Copied is only what could be right: all that is copied
// together is never more than one network. A tensor under another name, or with more elements than that
// weight has, becomes a shape on torch's meta device, without elements: one storage may stand in a file under
// many names. Error: a known weight that is not floating point, by its name.
void add_weight(InceptionWeights& weights, const std::string& name, const TensorView& view,
                const std::string& path);
// The same for a constant of a graph, still in TensorFlow's layout.
void add_weight(InceptionWeights& weights, const std::string& name, const GraphTensor& constant,
                const std::string& path);

}  // namespace gdd
