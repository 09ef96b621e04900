// A text file that grows by whole lines, also while several processes append to it, or one is killed: logs of
// results that other programs read line by line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/file_lock.h"
#include "base/output_place.h"

namespace gdd {

class AppendedFile {
 public:
  // Opens the file, or creates it with its folders, and holds it against other appenders until the end of
  // this object (where the file system has locks). A link is followed. Errors: as of AtomicFile; it may be
  // written but not read; another process holds it for half a minute.
  explicit AppendedFile(const std::string& path);

  // Its first line, of at most 64 KiB, without the end of line; empty: there is none. Of a pipe, a device
  // or what stdout goes into nothing is known: it counts as empty.
  std::string first_line() const;
  // What stands behind the last end of line: what is left of a line whose writer was killed, or the last line
  // of an editor that ends none. Of more than 64 KiB the end.
  std::string unended() const;
  // Takes that away. False: it stays, being of 64 KiB or more, or maybe what another process writes now, as
  // the file system has no locks.
  bool cut_unended();

  // Adds `text`, lines with their ends, in one write. Error: it is not all there; then nothing of it is,
  // where the file system has locks.
  void append(const std::string& text);

 private:
  AppendedFile(const std::string& path, const OutputPlace& place);
  std::string read(std::uint64_t from, std::uint64_t size) const;

  std::string path_;  // as given, for messages
  bool is_regular_;
  std::optional<FileLock> lock_;
  bool locked_ = false;
  Descriptor file_;
  std::uint64_t size_ = 0;  // before append()
};

}  // namespace gdd
