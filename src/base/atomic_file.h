// Outputs appear whole or not at all: everything is written to a neighbour `path.tmp.<pid>-<n>` and renamed
// by commit().
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace gdd {

// Flushing takes milliseconds. Who writes thousands of files may leave it to the system: then a file that was
// renamed just before the power failed may be found empty.
enum class Flush { kToDisk, kLater };

class AtomicFile {
 public:
  // Creates missing parent folders. Error: the folder cannot be written.
  explicit AtomicFile(std::string path);
  // Without commit() the temporary file is removed and `path` stays as it was.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Where to write: a fresh name beside the final one, for libraries that open files themselves.
  const std::string& temporary_path() const { return temporary_path_; }
  // Appends. Error: disk full and the like.
  void write(Bytes bytes);
  // Replaces bytes written before (a size or checksum known only later); write() goes on at the end.
  void overwrite(std::uint64_t offset, Bytes bytes);
  // Closes, flushes to the disk and renames. Error: any of them failed; then `path` is untouched.
  void commit(Flush flush = Flush::kToDisk);

 private:
  std::string path_, temporary_path_;
  int fd_ = -1;
  bool committed_ = false;
};

void write_file_atomically(const std::string& path, Bytes bytes, Flush flush = Flush::kToDisk);

}  // namespace gdd
