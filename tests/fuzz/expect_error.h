// Every target ends the same way: what is read is thrown away, and the only exception allowed out is
// gdd::Error.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "gdd/error.h"

inline int run_target(const std::uint8_t* data, std::size_t size, auto target) {
  try {
    target(gdd::Bytes(reinterpret_cast<const std::byte*>(data), size));
  } catch (const gdd::Error&) {
    // A clear refusal is what hostile files are for; anything else is a crash, and the fuzzer reports it.
  }
  return 0;
}

// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
