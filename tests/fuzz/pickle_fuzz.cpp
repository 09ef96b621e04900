#include "checkpoints/known_globals.h"
#include "expect_error.h"
#include "pickle/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    gdd::ByteReader reader(bytes, "fuzz");
    while (!reader.at_end()) gdd::pickle::read_pickle(reader, gdd::known_torchscript_global).globals();
  });
}
