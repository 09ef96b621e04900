#include "base/seeds.h"
#include "expect_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    // Ranges of up to a hundred million seeds are allowed, but tell the fuzzer nothing and take seconds.
    std::size_t digits = 0;
    for (const char c : gdd::as_text(bytes))
      if ((digits = c >= '0' && c <= '9' ? digits + 1 : 0) > 5) return;
    gdd::parse_seed_list(std::string(gdd::as_text(bytes)));
  });
}
