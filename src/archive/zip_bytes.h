// An archive in memory as libzip reads it. libzip does not say where in the archive an entry lies; which byte
// it was given last does.
// Internal to this room.
#pragma once

#include <zip.h>

#include <cstdint>

#include "base/bytes.h"

namespace gdd {

class ZipBytes {
 public:
  explicit ZipBytes(Bytes bytes);  // which outlive it
  ~ZipBytes() { zip_error_fini(&error_); }
  ZipBytes(const ZipBytes&) = delete;
  ZipBytes& operator=(const ZipBytes&) = delete;

  // A source of libzip's over this, which outlives it. nullptr: `error` says why.
  zip_source_t* make_source(zip_error_t* error);

  // Where the bytes that libzip read last begin.
  std::uint64_t last_read() const { return last_read_; }

 private:
  static zip_int64_t answer(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command);
  zip_int64_t read(void* data, zip_uint64_t size);
  zip_int64_t seek(void* data, zip_uint64_t size);
  zip_int64_t describe(void* data, zip_uint64_t size);

  Bytes bytes_;
  std::uint64_t position_ = 0, last_read_ = 0;
  zip_error_t error_;
};

}  // namespace gdd
