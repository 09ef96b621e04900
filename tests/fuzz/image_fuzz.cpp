#include "expect_error.h"
#include "images/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) { gdd::decode_image(bytes, "fuzz"); });
}
