// Locks that processes hold on a file, on one machine and over network file systems that carry them
// (fcntl(2), open file description locks). A lock ends with its process, however that ends.
#pragma once

#include <chrono>
#include <string>

#include "base/descriptor.h"

namespace gdd {

class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Opens the file, or creates it. Error: it cannot be, or it is no regular file (links are not followed).
  // All parts are given up with the object.
  explicit FileLock(const std::string& path);

  // Part `part` (0, 1, ...) of the file is a lock of its own. False: another process holds it, or the file
  // system has no locks. A lock that is held changes its mode.
  bool try_lock(int part, Mode mode);
  // Waits for it. False: the file system has no locks. Error: its holder keeps it for longer than `patience`.
  bool lock(int part, Mode mode, std::chrono::milliseconds patience);
  void unlock(int part);

 private:
  std::string path_;
  Descriptor file_;
};

}  // namespace gdd
