#include "archive/zip.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    const gdd::ZipReader zip(bytes, "fuzz");
    for (const gdd::ZipReader::Entry& entry : zip.entries()) {
      zip.view(entry.name);
      zip.read(entry.name);
    }
  });
}
