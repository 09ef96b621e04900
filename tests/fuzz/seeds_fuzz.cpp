#include "base/seeds.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    // A range of a hundred million seeds is allowed, but tells the fuzzer nothing and takes a second.
    if (bytes.size() > 40 || gdd::as_text(bytes).find("000000") != std::string_view::npos) return;
    gdd::parse_seed_list(std::string(gdd::as_text(bytes)));
  });
}
