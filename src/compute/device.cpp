#include "compute/device.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <algorithm>
#include <regex>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Empty when CUDA can be used; else why not. Loading the library registers its kernels with torch.
std::string cuda_problem() {
  // The driver first: without it, opening torch's CUDA library would cost half a second for nothing.
  if (dlopen("libcuda.so.1", RTLD_NOW) == nullptr) return "no CUDA driver was found (libcuda.so.1)";
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr)
    return "this LibTorch has no CUDA part that loads (" + std::string(dlerror()) + ")";
  if (!at::hasCUDA() || at::detail::getCUDAHooks().deviceCount() == 0) return "no CUDA device was found";
  return "";
}

}  // namespace

c10::Device resolve_device(const std::string& name, std::optional<int> local_rank) {
  static const std::regex kSpelling("cpu|auto|cuda(:[0-9]{1,3})?");
  if (!std::regex_match(name, kSpelling))
    throw Error::usage("--device", "expected cpu, cuda, cuda:N or auto, found " + gdd::quoted(name));
  if (name == "cpu") return c10::Device(c10::kCPU);
  const std::string problem = cuda_problem();
  if (name == "auto" && !problem.empty()) return c10::Device(c10::kCPU);
  if (!problem.empty())
    throw Error("--device " + name, problem,
                "set up with GDD_CUDA=1 on a machine with a GPU, or use --device cpu");
  const int count = std::max<int>(at::detail::getCUDAHooks().deviceCount(), 1);
  const bool named = name.find(':') != std::string::npos;
  const int index = named ? std::stoi(name.substr(5)) : local_device(local_rank, count);
  if (index >= count) throw Error("--device " + name, "found " + std::to_string(count) + " CUDA devices");
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

// By the driver's own names, which are older than any toolkit: the programs do not link CUDA.
std::string device_model(const c10::Device& device) {
  if (!device.is_cuda()) return "";
  void* const driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == nullptr) return "";
  const auto get = reinterpret_cast<int (*)(int* handle, int ordinal)>(dlsym(driver, "cuDeviceGet"));
  const auto get_name =
      reinterpret_cast<int (*)(char* name, int length, int handle)>(dlsym(driver, "cuDeviceGetName"));
  int handle = 0;
  char name[128] = "";
  if (!get || !get_name || get(&handle, device.index()) != 0 || get_name(name, sizeof name, handle) != 0)
    return "";
  return name;
}

int local_device(std::optional<int> local_rank, int count) { return local_rank.value_or(0) % count; }

}  // namespace gdd
