#include "compute/compute.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include "compute/device.h"
#include "compute/version.h"

namespace gdd {

std::string Compute::precision() const {
  return device.is_cuda() && tf32 ? "float32, convolutions in TF32" : "float32";
}

Compute resolve_compute(const ComputeRequest& request) {
  Compute compute;
  compute.device = resolve_device(request.device, request.local_rank);
  compute.tf32 = compute.half = request.precision == "default";
  compute.threads = request.threads > 0 ? request.threads : at::get_num_threads();
  return compute;
}

std::vector<std::pair<std::string, std::string>> compute_settings(const Compute& compute) {
  std::vector<std::pair<std::string, std::string>> settings{
      {"device", compute.device.is_cuda() ? "cuda" : "cpu"},
      {"precision", compute.precision()},
      {"torch", torch_version()},
      {"gdd", suite_version()}};
  if (compute.device.is_cuda()) {
    settings.emplace_back("gpu", device_model(compute.device));
    return settings;
  }
  settings.emplace_back("cpu", cpu_capability());
  settings.emplace_back("threads", std::to_string(compute.threads));
  return settings;
}

std::string cpu_capability() { return at::get_cpu_capability(); }

}  // namespace gdd
