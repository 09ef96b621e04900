#include "detectors/onednn.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace gdd {

bool has_onednn(const c10::Device& device, c10::ScalarType type) {
  return device.is_cpu() && at::hasMKLDNN() && (type == at::kFloat || at::get_cpu_capability() == "AVX512");
}

at::Tensor call_onednn(const char* name, std::vector<c10::IValue> arguments) {
  const c10::OperatorHandle operation = c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
  operation.callBoxed(arguments);
  return arguments.at(0).toTensor();
}

}  // namespace gdd
