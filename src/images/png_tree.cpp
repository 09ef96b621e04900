#include "images/png_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/output_place.h"
#include "base/sha256.h"
#include "base/write_error.h"
#include "images/codec.h"
#include "images/seed_names.h"

namespace gdd {
PngTree::PngTree(const std::string& outdir, bool subdirs) : outdir_(outdir), subdirs_(subdirs) {
  make_folder(outdir);
  if (::access(outdir.c_str(), W_OK | X_OK) != 0)
    throw WriteError(outdir, std::string("cannot write into the folder: ") + std::strerror(errno));
}

std::string PngTree::path_of(std::int64_t seed) const {
  return (std::filesystem::path(outdir_) / seed_image_name(seed, subdirs_)).string();
}

std::string PngTree::write(std::int64_t seed, const Image& image) const {
  const std::vector<std::byte> png = encode_png(image);
  write_file_atomically(path_of(seed), png, Flush::kLater);
  return sha256(png);
}

void PngTree::flush() const {
  const int fd = ::open(outdir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool flushed = fd >= 0 && ::syncfs(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!flushed) throw WriteError(outdir_, std::string("cannot write: ") + std::strerror(error));
}

}  // namespace gdd
