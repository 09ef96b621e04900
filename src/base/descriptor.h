// A file descriptor that is closed with its holder.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <span>

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

// Reads as many bytes as there is room for, fewer where the file ends. Nothing: it cannot be read (errno).
std::optional<std::size_t> read_all(int fd, std::span<std::byte> bytes);

}  // namespace gdd
