// Where and how networks compute: resolved once, passed as a value, and told in every report.
#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gdd {

struct Compute {
  c10::Device device = c10::kCPU;
  // Of CUDA: convolutions in TF32 (torch's default, and so upstream's), and half precision in the sampler
  // that leaves it to the network (generation/options.h). A CPU computes in float32, whatever is said here.
  bool tf32 = true, half = true;
  int threads = 1;  // of torch's pool

  // "float32", or "float32, convolutions in TF32".
  std::string precision() const;
};

struct ComputeRequest {
  std::string device = "auto";         // as resolve_device
  std::string precision = "default";   // or fp32
  int threads = 0;                     // 0: as torch chooses
  std::optional<int> local_rank = {};  // of several processes on this machine
};

// Errors: those of resolve_device.
Compute resolve_compute(const ComputeRequest& request);

// What of it may change the last bits of a result, by name, for keys and settings: the kind of device, the
// precision, torch's version and the suite's; of a GPU its model; on a CPU the instructions that it has and
// the number of threads, which decide how loops are cut (networks/fixed_run.h).
std::vector<std::pair<std::string, std::string>> compute_settings(const Compute& compute);

// "AVX512", "AVX2", ...: what torch's kernels use.
std::string cpu_capability();

}  // namespace gdd
