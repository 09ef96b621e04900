#include "compute/describe.h"

#include "compute/device.h"
#include "compute/version.h"

namespace gdd {

namespace {

std::string tf32_of(const Compute& compute) {
  if (!compute.device.is_cuda() || !compute.tf32) return "none";
  return compute.tf32_products ? "convolutions and matrix products" : "convolutions";
}

}  // namespace

std::vector<ProvenanceEntry> describe(const Compute& compute) {
  return {{"versions.gdd", suite_version()},
          {"versions.torch", torch_version()},
          {"device", compute.device.str()},
          {"threads", std::to_string(compute.threads), true},
          {"gpu", device_model(compute.device)},
          {"cpu", cpu_capability()},
          {"tf32", tf32_of(compute)}};
}

}  // namespace gdd
