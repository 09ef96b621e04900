// The checksum of zip archives (ISO 3309). Internal to this room.
#pragma once

#include <libdeflate.h>

#include <cstdint>

#include "base/bytes.h"

namespace gdd {

// Of what came before, 0 for nothing, and of these bytes behind it. By the CPU's carry-less product where it
// has one, which zlib does without. libdeflate takes a null address, which no bytes may have, for the wish to
// start again.
inline std::uint32_t update_crc32(std::uint32_t crc, Bytes bytes) {
  return bytes.empty() ? crc : libdeflate_crc32(crc, bytes.data(), bytes.size());
}

}  // namespace gdd
