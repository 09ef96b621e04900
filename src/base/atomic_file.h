// Outputs appear whole or not at all: everything is written to a temporary file and put into place by
// commit(). Where the file system can (ext4, xfs, btrfs, tmpfs), the temporary file has no name until then,
// so that even SIGKILL leaves nothing behind; elsewhere it is a neighbour `path.tmp.<pid>-<n>`, opened
// exclusively.
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
  // Creates missing parent folders. A link is followed: the file it leads to is replaced, the link stays. A
  // pipe, a character device, or the file that is this process's own stdout or stderr is never replaced:
  // commit() writes the finished bytes into it. Errors: the folder cannot be written; a folder, a block
  // device or a link to nothing stands at `path`.
  explicit AtomicFile(std::string path);
  // Without commit() the temporary file is removed and `path` stays as it was.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Opens the temporary file, for libraries that read or write files themselves. Until commit().
  const std::string& temporary_path() const { return temporary_path_; }
  // Appends. Error: disk full and the like.
  void write(Bytes bytes);
  // Replaces bytes written before (a size or checksum known only later); write() goes on at the end.
  void overwrite(std::uint64_t offset, Bytes bytes);
  // Closes, flushes to the disk and renames. Error: any of them failed; then `path` is untouched.
  void commit(Flush flush = Flush::kToDisk);

 private:
  void open_temporary();
  void open_named();
  void pour_into_place();  // into what is not to be replaced
  void put_into_place();

  std::string path_;            // as given, for messages
  std::string place_;           // behind links
  std::string temporary_path_;  // of the open file
  std::string name_;            // in the folder; empty: none yet
  int fd_ = -1;
  bool pours_ = false;
};

void write_file_atomically(const std::string& path, Bytes bytes, Flush flush = Flush::kToDisk);

// Error as of AtomicFile: nothing could be written there. For asking before the work.
void try_output(const std::string& path);

// For signal handlers: removes the named temporary files of this process, with async-signal-safe calls alone.
void remove_temporary_files() noexcept;

}  // namespace gdd
