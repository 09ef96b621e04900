#include "base/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "gdd/error.h"

namespace gdd {
std::optional<std::string> read_small_file(const std::string& path, std::uint64_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (file.fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file.fd < 0 && errno == ELOOP) throw Error(path, "expected a regular file, found a link", "remove it");
  struct stat info;
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0)
    throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    throw Error(path, "expected a regular file, found a folder, device, pipe or socket", "remove it");
  if (static_cast<std::uint64_t>(info.st_size) > limit)
    throw Error(path,
                "expected at most " + std::to_string(limit) + " bytes, found " + std::to_string(info.st_size),
                "remove it");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const auto size = read_all(file.fd, std::as_writable_bytes(std::span(text)));
  if (!size) throw Error(path, std::string("cannot read: ") + std::strerror(errno));
  text.resize(*size);
  return text;
}

}  // namespace gdd
