// The bytes of one picture's file. Small ones are read, as to map and to unmap a file holds up all threads of
// the process for longer than that takes; large ones are mapped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/mapped_file.h"

namespace gdd {

class ImageFile {
 public:
  // Errors: of MappedFile; larger than any image file that is read.
  explicit ImageFile(const std::string& path);

  Bytes bytes() const { return mapped_ ? mapped_->bytes() : Bytes(read_); }

  static constexpr std::size_t kSmall = std::size_t{64} << 10;  // bytes

 private:
  std::vector<std::byte> read_;
  std::unique_ptr<const MappedFile> mapped_;
};

}  // namespace gdd
