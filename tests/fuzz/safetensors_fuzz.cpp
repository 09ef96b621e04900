#include "checkpoints/safetensors.h"
#include "expect_error.h"
#include "read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    if (gdd::looks_like_safetensors(bytes)) read_everything(bytes);
  });
}
