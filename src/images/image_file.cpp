#include "images/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "images/decoders.h"

namespace gdd {
namespace {

// Nothing: not a small regular file with something in it, or one that cannot be read.
std::vector<std::byte> read_if_small(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode) ||
      static_cast<std::uint64_t>(info.st_size) > ImageFile::kSmall)
    return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.st_size));
  bytes.resize(read_all(file.fd, bytes).value_or(0));  // fewer: it was cut off meanwhile
  return bytes;
}

}  // namespace

ImageFile::ImageFile(const std::string& path) : read_(read_if_small(path)) {
  if (!read_.empty()) return;
  mapped_ = std::make_unique<const MappedFile>(path);  // or says why not
  check_image_file_size(mapped_->bytes().size(), path);
}

}  // namespace gdd
