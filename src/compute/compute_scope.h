// The only place that touches a global of torch: while it lives the switches are as asked, then as before.
#pragma once

#include <optional>
#include <string>

namespace gdd {

struct ComputeSwitches {
  std::optional<bool> tf32 = {};  // CUDA: convolutions in TF32; false: matrix products in full float32 too
  std::optional<bool> tf32_products = {};  // CUDA: true: matrix products in TF32
  std::optional<bool> deterministic = {};  // CUDA: cuDNN's algorithms that give the same bytes every time
  std::optional<int> threads = {};         // of the calling thread's pool
  // Of TorchScript, on the calling thread: false runs it as it is written, with no fusing and no profiling
  // runs, which would change the last bits, or the speed of the first batches, of a network that is run a few
  // times.
  std::optional<bool> optimize_scripts = {};
};

class ComputeScope {
 public:
  explicit ComputeScope(const ComputeSwitches& switches);
  ~ComputeScope();
  ComputeScope(const ComputeScope&) = delete;
  ComputeScope& operator=(const ComputeScope&) = delete;

 private:
  ComputeSwitches before_;
  std::string products_before_;  // precision of matrix products, as torch spells it
};

}  // namespace gdd
