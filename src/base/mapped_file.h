// A whole file as read-only memory. Pages are read when touched, so what is not needed is not loaded.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace gdd {

class MappedFile {
 public:
  // Maps a regular file. Errors: missing, unreadable, a folder, empty.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return bytes_; }
  const std::string& path() const { return path_; }
  // Takes the pages that lie wholly in `part` out of this process's memory; they are read again when touched.
  // A part of anything else than this file is left alone.
  void release(Bytes part) const;

 private:
  std::string path_;
  Bytes bytes_;
};

// The path of the mapped file that holds `address`, for the handler of SIGBUS: a page behind the end of a
// file that was cut while it was read. Async-signal-safe; nullptr if no mapping (of the first 4096) holds it.
const char* mapped_file_at(const void* address) noexcept;

// Several readers may need the mapping to outlive them (tensor views point into it).
using SharedFile = std::shared_ptr<const MappedFile>;
inline SharedFile map_file(const std::string& path) { return std::make_shared<const MappedFile>(path); }

}  // namespace gdd
