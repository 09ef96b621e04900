#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/descriptor.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// The mappings that live, for mapped_file_at(): a handler may take no lock and no memory.
struct Slot {
  std::atomic<bool> taken = false;
  std::atomic<const char*> path = nullptr;         // set last, cleared first
  std::atomic<std::uintptr_t> begin = 0, end = 0;  // to the end of the last page
};
std::array<Slot, 4096> g_slots;

void remember(Bytes bytes, const std::string& path) {
  for (Slot& slot : g_slots) {
    if (slot.taken.exchange(true)) continue;
    slot.begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    slot.end = slot.begin + (bytes.size() + page - 1) / page * page;
    slot.path = path.c_str();
    return;
  }
}

void forget(const std::string& path) {
  for (Slot& slot : g_slots) {
    if (slot.path != path.c_str()) continue;
    slot.path = nullptr;
    slot.taken = false;
    return;
  }
}

}  // namespace

const char* mapped_file_at(const void* address) noexcept {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  for (const Slot& slot : g_slots) {
    const char* const path = slot.path;
    if (path && slot.begin <= place && place < slot.end) return path;
  }
  return nullptr;
}

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
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
  remember(bytes_, path_);
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

MappedFile::~MappedFile() {
  forget(path_);
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace gdd
