// A file descriptor that is closed with its holder.
#pragma once

#include <unistd.h>

namespace gdd {

class Descriptor {
 public:
  explicit Descriptor(int opened) : fd(opened) {}  // of open(2); below 0: it failed
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  const int fd;
};

}  // namespace gdd
