#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "gdd/error.h"

namespace gdd {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) throw Error(path, std::string("cannot examine: ") + std::strerror(errno));
  if (S_ISDIR(info.st_mode)) throw Error(path, "expected a file, found a folder");
  if (!S_ISREG(info.st_mode)) throw Error(path, "expected a regular file, found a device, pipe or socket");
  if (info.st_size == 0) throw Error(path, "the file is empty");
  const auto size = static_cast<std::size_t>(info.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (address == MAP_FAILED) throw Error(path, std::string("cannot map: ") + std::strerror(errno));
  bytes_ = Bytes(static_cast<const std::byte*>(address), size);
}

void MappedFile::release(Bytes part) const {
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes_.data());
  const auto first = reinterpret_cast<std::uintptr_t>(part.data());
  if (first < begin || first + part.size() > begin + bytes_.size()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t from = (first + page - 1) / page * page;
  std::uintptr_t to = first + part.size();
  if (to != begin + bytes_.size()) to = to / page * page;  // the last page belongs to no neighbour
  // Only a saving: if the system will not, nothing is lost.
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

MappedFile::~MappedFile() { ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }

}  // namespace gdd
