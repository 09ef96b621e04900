// Tensors of a module tree as float32 tensors of torch, checked: every expected one is there in its shape,
// and nothing else is.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "checkpoints/module_tree.h"

namespace gdd {

using Shape = std::vector<std::int64_t>;

struct ExpectedTensor {
  std::string name;
  std::optional<Shape> shape;  // nullopt: None, or not there at all
  bool keeps_half = false;     // float16 and bfloat16 stay what they are
};

class Weights {
 public:
  // `file`: what the views point into. Its pages are given back once copied, so that a network takes its own
  // size in memory and not twice that; nullptr when the views lie elsewhere.
  explicit Weights(SharedFile file = nullptr) : file_(std::move(file)) {}

  // Every tensor given out, with its path in the module tree ("ema.model.map_layer0.weight").
  const std::vector<std::pair<std::string, at::Tensor>>& given() const { return given_; }

  // The parameters (buffers) of one module in the order of `expected`, float32 and contiguous, undefined
  // where None. Other dtypes are converted: upstream with force_fp32 computes in float32 whatever the weights
  // are stored as, but for EDM2's (keeps_half). Errors, naming module and tensor: missing, unused, of
  // another shape, not a float dtype, not finite; weights that many modules share, and that would be many
  // times the file when each has its own.
  std::vector<at::Tensor> parameters(const ModuleTree& module, const std::vector<ExpectedTensor>& expected);
  std::vector<at::Tensor> buffers(const ModuleTree& module, const std::vector<ExpectedTensor>& expected);

  std::int64_t num_parameters() const { return num_parameters_; }

 private:
  void charge(const std::string& path, const TensorView& view);
  at::Tensor copy(const std::string& path, const TensorView& view, bool keeps_half);

  SharedFile file_;
  std::uint64_t copied_bytes_ = 0;
  std::vector<std::pair<std::string, at::Tensor>> given_;
  std::int64_t num_parameters_ = 0;
};

}  // namespace gdd
