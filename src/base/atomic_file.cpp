#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "base/output_place.h"
#include "base/write_error.h"

namespace gdd {
namespace {

// Names of temporary files where a signal handler finds them. A name that finds no slot is only not cleared
// when a signal ends the process.
struct Slot {
  std::atomic<bool> valid = false;
  char path[PATH_MAX];
};
std::array<Slot, 64> g_slots;
std::mutex g_slots_mutex;  // for remember() and forget(); the handler only reads

void remember(const std::string& path) {
  if (path.size() >= PATH_MAX) return;
  const std::lock_guard lock(g_slots_mutex);
  for (Slot& slot : g_slots) {
    if (slot.valid) continue;
    std::memcpy(slot.path, path.c_str(), path.size() + 1);
    slot.valid = true;
    return;
  }
}

void forget(const std::string& path) {
  const std::lock_guard lock(g_slots_mutex);
  for (Slot& slot : g_slots) {
    if (!slot.valid || path != slot.path) continue;
    slot.valid = false;
    return;
  }
}

// Of this process, and within it of one file: two threads may write the same path.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> count = 0;
  return path + ".tmp." + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

std::string by_descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

int open_without_name(const std::string& folder) {
  return ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) throw Error("an output", "expected a file name, found an empty text");
  OutputPlace place = find_place(path_);
  place_ = std::move(place.path);
  pours_ = place.pours;
  open_temporary();
}

void AtomicFile::open_temporary() {
  const std::string folder = pours_ ? std::filesystem::temp_directory_path().string() : folder_of(place_);
  if (!pours_ && std::filesystem::path(place_).filename().string().size() > NAME_MAX) {
    errno = ENAMETOOLONG;
    fail_output(path_, "cannot write");
  }
  fd_ = open_without_name(folder);
  if (fd_ < 0) {
    make_folder(folder);
    fd_ = open_without_name(folder);
  }
  if (fd_ < 0) return open_named();
  temporary_path_ = by_descriptor(fd_);
}

void AtomicFile::open_named() {
  const std::string base = pours_ ? (std::filesystem::temp_directory_path() / "gdd").string() : place_;
  constexpr int kAttempts = 1000;  // others may have planted names
  for (int i = 0; i < kAttempts && fd_ < 0; ++i) {
    name_ = temporary_name(base);
    fd_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) {
    name_.clear();
    fail_output(path_, "cannot write");
  }
  remember(name_);
  temporary_path_ = name_;
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (name_.empty()) return;
  ::unlink(name_.c_str());
  forget(name_);
}

void AtomicFile::write(Bytes bytes) { write_all(fd_, bytes, path_); }

void AtomicFile::overwrite(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_output(path_, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void AtomicFile::commit(Flush flush) {
  if (flush == Flush::kToDisk && !pours_ && ::fsync(fd_) != 0) fail_output(path_, "cannot write");
  if (pours_)
    pour_into_place();
  else
    put_into_place();
  if (::close(std::exchange(fd_, -1)) != 0) fail_output(path_, "cannot write");
}

void AtomicFile::pour_into_place() {
  const int to = open_to_pour(path_);
  struct Closed {
    int fd;
    ~Closed() { ::close(fd); }
  } const closed{to};
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(fd_, piece.data(), piece.size(), at);
    if (size < 0) fail_output(path_, "cannot read what was to be written");
    if (size == 0) return;
    write_all(to, Bytes(piece.data(), static_cast<std::size_t>(size)), path_);
    at += size;
  }
}

void AtomicFile::put_into_place() {
  // Where nothing stands yet, no other name is needed.
  if (name_.empty() &&
      ::linkat(AT_FDCWD, temporary_path_.c_str(), AT_FDCWD, place_.c_str(), AT_SYMLINK_FOLLOW) == 0)
    return;
  constexpr int kAttempts = 1000;
  for (int i = 0; i < kAttempts && name_.empty(); ++i) {  // a file without a name gets one
    std::string name = temporary_name(place_);
    remember(name);
    if (::linkat(AT_FDCWD, temporary_path_.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      name_ = std::move(name);
      break;
    }
    const int error = errno;
    forget(name);
    errno = error;
    if (error != EEXIST) break;
  }
  if (name_.empty() || ::rename(name_.c_str(), place_.c_str()) != 0)
    fail_output(path_, "cannot rename the finished file into place");
  forget(name_);
  name_.clear();
}

void write_file_atomically(const std::string& path, Bytes bytes, Flush flush) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit(flush);
}

void try_output(const std::string& path) { const AtomicFile file(path); }

void remove_temporary_files() noexcept {
  for (const Slot& slot : g_slots)
    if (slot.valid) ::unlink(slot.path);
}

}  // namespace gdd
