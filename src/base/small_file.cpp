#include "base/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gdd/error.h"

namespace gdd {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::optional<std::string> read_small_file(const std::string& path, std::uint64_t limit) {
  const Descriptor file(path);
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file.get() < 0 && errno == ELOOP)
    throw Error(path, "expected a regular file, found a link", "remove it");
  struct stat info;
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0)
    throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    throw Error(path, "expected a regular file, found a folder, device, pipe or socket", "remove it");
  if (static_cast<std::uint64_t>(info.st_size) > limit)
    throw Error(path,
                "expected at most " + std::to_string(limit) + " bytes, found " + std::to_string(info.st_size),
                "remove it");
  std::string text(static_cast<std::size_t>(limit) + 1, '\0');  // one more tells a file that grows meanwhile
  if (static_cast<std::uint64_t>(info.st_size) < limit)
    text.resize(static_cast<std::size_t>(info.st_size) + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(path, std::string("cannot read: ") + std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace gdd
