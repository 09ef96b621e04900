// A frozen TensorFlow graph (GraphDef, tensorflow/core/framework/graph.proto): its constant tensors, and
// nothing that would run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace gdd {

// A constant in row-major order, copied out of the file.
struct GraphTensor {
  static constexpr std::uint64_t kFloat = 1;  // DT_FLOAT of tensorflow/core/framework/types.proto
  std::uint64_t dtype = kFloat;
  std::vector<std::int64_t> shape;  // the product of the sizes above 0 is at most limits::kMaxTensorElements
  std::vector<float> values;  // numel(), or one that stands for all of them; none where dtype is not kFloat

  std::int64_t numel() const;
};

struct GraphDef {
  std::string path;                              // for messages
  std::map<std::string, GraphTensor> constants;  // Const nodes by name
  std::map<std::string, bool> scales;            // batch norm nodes: scale_after_normalization
};

bool looks_like_graph_def(Bytes start_of_file);  // a field 1 that holds a node with a name
// Errors: damaged (with the byte), a tensor whose values do not fill its shape, limits of base/limits.h.
GraphDef parse_graph_def(Bytes file, const std::string& path);

}  // namespace gdd
