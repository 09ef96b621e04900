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
#include "base/memory_budget.h"
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

void* map(const std::string& path, int file, std::size_t size) {
  const bool mapped = file >= 0;
  void* const address = ::mmap(nullptr, size, mapped ? PROT_READ : PROT_READ | PROT_WRITE,
                               mapped ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS, file, 0);
  if (address == MAP_FAILED) throw Error(path, std::string("cannot map: ") + std::strerror(errno));
  return address;
}

void read_all(const std::string& path, int file, std::byte* to, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::read(file, to + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error(path, std::string("cannot read: ") + std::strerror(errno));
    if (count == 0)
      throw Error(path, "was cut short while it was read: expected " + std::to_string(size) +
                            " bytes, found " + std::to_string(done));
    done += static_cast<std::size_t>(count);
  }
}

// In pages of its own, which the system has back at the end.
void* copy(const std::string& path, int file, std::size_t size) {
  require_memory(path, "a copy of the file", static_cast<double>(size));
  void* const address = map(path, -1, size);
  try {
    read_all(path, file, static_cast<std::byte*>(address), size);
  } catch (...) {
    ::munmap(address, size);
    throw;
  }
  ::mprotect(address, size, PROT_READ);  // a guard alone
  return address;
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

MappedFile::MappedFile(const std::string& path, How how) : path_(path), how_(how) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) throw Error(path, std::string("cannot examine: ") + std::strerror(errno));
  if (S_ISDIR(info.st_mode)) throw Error(path, "expected a file, found a folder");
  if (!S_ISREG(info.st_mode)) throw Error(path, "expected a regular file, found a device, pipe or socket");
  if (info.st_size == 0) throw Error(path, "the file is empty");
  const auto size = static_cast<std::size_t>(info.st_size);
  const void* const address = how == How::kMapped ? map(path, file.fd, size) : copy(path, file.fd, size);
  bytes_ = Bytes(static_cast<const std::byte*>(address), size);
  if (how == How::kMapped) remember(bytes_, path_);
}

void MappedFile::release(Bytes part) const {
  if (how_ == How::kCopied) return;  // there would be zeros
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
  if (how_ == How::kMapped) forget(path_);
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace gdd
