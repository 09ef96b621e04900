#include "compute/compute.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/cpu/Utils.h>

#include "compute/device.h"
#include "compute/version.h"
#include "gdd/error.h"

namespace gdd {

namespace {

// A new number when reduced layers give other bits of the same weights.
constexpr const char* kReducedArithmetic = "5";

// By the name that cpuinfo gives it.
bool cpu_has(const std::string& instructions) {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto found = capabilities.find(instructions);
  return found != capabilities.end() && found->second.isBool() && found->second.toBool();
}

}  // namespace

std::string layers_name(c10::ScalarType layers) {
  return layers == c10::kBFloat16 ? "bfloat16" : layers == c10::kHalf ? "float16" : "float32";
}

std::string layers_key(c10::ScalarType layers) {
  return layers_name(layers) +
         (layers == c10::kFloat ? std::string() : std::string(" ") + kReducedArithmetic);
}

std::string Compute::precision() const {
  if (reduced()) return layers_name(layers) + " layers, float32 sums";
  if (!device.is_cuda() || !tf32) return "float32";
  return tf32_products ? "float32, convolutions and matrix products in TF32"
                       : "float32, convolutions in TF32";
}

Compute resolve_compute(const ComputeRequest& request) {
  Compute compute;
  compute.device = resolve_device(request.device, request.local_rank);
  compute.layers = layers_of(request.precision, compute.device);
  compute.half = request.precision == "default";
  compute.tf32_products = request.precision == "tf32";
  compute.tf32 = compute.half || compute.tf32_products;
  compute.threads = request.threads > 0 ? request.threads : at::get_num_threads();
  return compute;
}

c10::ScalarType layers_of(const std::string& precision, const c10::Device& device, const std::string& flag) {
  if ((precision == "fp16" || precision == "tf32") && !device.is_cuda())
    throw Error::usage(flag + " " + precision, "is a GPU's, and this runs on the CPU",
                       "use bf16 or fp32, or --device cuda");
  return precision == "bf16" ? c10::kBFloat16 : precision == "fp16" ? c10::kHalf : c10::kFloat;
}

std::string feature_precision(c10::ScalarType layers) {
  return layers_name(layers) + " features, float64 statistics";
}

std::string bfloat16_instructions() {
  for (const char* instructions : {"amx_bf16", "avx512_bf16"})
    if (cpu_has(instructions)) return instructions;
  return "none";
}

bool has_fast_bfloat16(const c10::Device& device) {
  return !device.is_cpu() || bfloat16_instructions() != "none";
}

std::vector<std::pair<std::string, std::string>> compute_settings(const Compute& compute) {
  std::vector<std::pair<std::string, std::string>> settings{
      {"device", compute.device.is_cuda() ? "cuda" : "cpu"},
      {"precision", compute.precision()},
      {"torch", torch_version()},
      {"gdd", suite_version()}};
  if (compute.reduced()) settings.emplace_back("layers", kReducedArithmetic);
  if (compute.device.is_cuda()) {
    settings.emplace_back("gpu", device_model(compute.device));
    return settings;
  }
  settings.emplace_back("cpu", cpu_capability());
  if (compute.reduced()) settings.emplace_back("cpu_bfloat16", bfloat16_instructions());
  settings.emplace_back("threads", std::to_string(compute.threads));
  return settings;
}

std::string cpu_capability() { return at::get_cpu_capability(); }

}  // namespace gdd
