// Where and how networks compute: resolved once, passed as a value, and told in every report.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

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
  bool tf32_products = false;  // of CUDA: matrix products in TF32 as well
  // What the layers of a network compute in, by wish alone: float32, bfloat16 or (on CUDA) float16. The sums
  // that a layer makes, normalisation and what goes into and out of a network are float32 in any case; what
  // goes from layer to layer is of this type.
  c10::ScalarType layers = c10::kFloat;
  int threads = 1;  // of torch's pool

  bool reduced() const { return layers != c10::kFloat; }
  // "float32", "float32, convolutions in TF32", "bfloat16 layers, float32 sums".
  std::string precision() const;
};

struct ComputeRequest {
  std::string device = "auto";         // as resolve_device
  std::string precision = "default";   // fp32, bf16; on CUDA also tf32, fp16
  int threads = 0;                     // 0: as torch chooses
  std::optional<int> local_rank = {};  // of several processes on this machine
};

// Errors: those of resolve_device. Usage error: a precision that the device has not.
Compute resolve_compute(const ComputeRequest& request);

// What `precision`, the value of `flag`, names for the layers of a network on `device`. Usage error: the
// device has not got it.
c10::ScalarType layers_of(const std::string& precision, const c10::Device& device,
                          const std::string& flag = "--precision");

// "float32", "bfloat16", "float16".
std::string layers_name(c10::ScalarType layers);

// The same for keys: of reduced layers with a number, which is new where they give other bits of the same
// weights.
std::string layers_key(c10::ScalarType layers);

// "float32 features, float64 statistics", for reports.
std::string feature_precision(c10::ScalarType layers);

// What the CPU multiplies bfloat16 with: "amx_bf16", "avx512_bf16" or "none".
std::string bfloat16_instructions();

// Whether bfloat16 is faster than float32 here: a CPU needs AVX512-BF16 or AMX for it. Elsewhere it gives the
// same numbers, slowly.
bool has_fast_bfloat16(const c10::Device& device);

// What of it may change the last bits of a result, by name, for keys and settings: the kind of device, the
// precision, torch's version and the suite's; of a GPU its model; on a CPU the instructions that it has,
// those of bfloat16 too where layers are reduced, and the number of threads, which decide how loops are cut
// (networks/fixed_run.h).
std::vector<std::pair<std::string, std::string>> compute_settings(const Compute& compute);

// "AVX512", "AVX2", ...: what torch's kernels use.
std::string cpu_capability();

}  // namespace gdd
