#include "checkpoints/numpy_pickle.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) { gdd::read_numpy_dict(bytes, "fuzz"); });
}
