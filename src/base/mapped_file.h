// A whole file as read-only memory. Mapped, its pages are read when touched, so what is not needed is not
// loaded. Copied, it is read at once: what others write meanwhile changes nothing, and a cut cannot end the
// process (SIGBUS).
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace gdd {

class MappedFile {
 public:
  enum class How { kMapped, kCopied };

  // A regular file. Errors: missing, unreadable, a folder, empty; of a copy also cut while it was read, or
  // larger than the budget of memory allows.
  explicit MappedFile(const std::string& path, How how = How::kMapped);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return bytes_; }
  const std::string& path() const { return path_; }
  // Takes the pages that lie wholly in `part` out of this process's memory; they are read again when touched.
  // A part of anything else than this file is left alone, and so is a copy.
  void release(Bytes part) const;

 private:
  std::string path_;
  How how_;
  Bytes bytes_;
};

// The path of the mapped file that holds `address`, for the handler of SIGBUS: a page behind the end of a
// file that was cut while it was read. Async-signal-safe; nullptr if no mapping (of the first 4096) holds it.
const char* mapped_file_at(const void* address) noexcept;

// Several readers may need the mapping to outlive them (tensor views point into it).
using SharedFile = std::shared_ptr<const MappedFile>;
inline SharedFile map_file(const std::string& path) { return std::make_shared<const MappedFile>(path); }
inline SharedFile copy_file(const std::string& path) {
  return std::make_shared<const MappedFile>(path, MappedFile::How::kCopied);
}

}  // namespace gdd
