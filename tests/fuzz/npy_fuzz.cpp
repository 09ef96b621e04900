#include "archive/npy.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    const gdd::NpyArray array = gdd::parse_npy({bytes.begin(), bytes.end()}, "fuzz");
    array.header.kind == 'f' ? void(array.as_float64()) : void(array.as_int64());
  });
}
