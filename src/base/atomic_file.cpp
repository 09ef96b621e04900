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
#include <optional>
#include <utility>
#include <vector>

#include "base/write_error.h"

namespace gdd {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw WriteError(path, std::string(what) + ": " + std::strerror(errno));
}

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

bool is_descriptor(const struct stat& file, int fd) {
  struct stat open {};
  return ::fstat(fd, &open) == 0 && open.st_dev == file.st_dev && open.st_ino == file.st_ino;
}

// stdout or stderr, when `file` is where it goes.
std::optional<int> standard_stream(const struct stat& file) {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (is_descriptor(file, fd)) return fd;
  return std::nullopt;
}

// Whether the bytes go into what stands at `path` and do not take its place.
bool must_pour(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    struct stat link {};
    if (::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode))
      throw Error(path, "cannot write: a link that leads to no file", "remove it, or name another file");
    return false;
  }
  if (S_ISDIR(file.st_mode)) throw Error(path, "cannot write: expected a file name, found a folder");
  if (S_ISBLK(file.st_mode)) throw Error(path, "cannot write: expected a file name, found a block device");
  return !S_ISREG(file.st_mode) || standard_stream(file);
}

std::string behind_links(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path place = std::filesystem::canonical(path, error);
  if (error) throw Error(path, "cannot follow the link: " + error.message());
  return place.string();
}

void write_all(int fd, Bytes bytes, const std::string& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 30;  // write(2) takes at most 2 GiB at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kChunk));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

// A pipe that nobody reads is an error and no wait without end.
int open_to_pour(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) fail(path, "cannot write");
  if (const std::optional<int> stream = standard_stream(file)) return ::dup(*stream);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) throw Error("an output", "expected a file name, found an empty text");
  pours_ = must_pour(path_);
  place_ = pours_ ? path_ : behind_links(path_);
  const std::string folder = folder_of(place_);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error && !std::filesystem::is_directory(folder))
    throw WriteError(folder, "cannot create the folder: " + error.message());
  open_temporary();
}

void AtomicFile::open_temporary() {
  const std::string folder = pours_ ? std::filesystem::temp_directory_path().string() : folder_of(place_);
  if (!pours_ && std::filesystem::path(place_).filename().string().size() > NAME_MAX) {
    errno = ENAMETOOLONG;
    fail(path_, "cannot write");
  }
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
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
    fail(path_, "cannot write");
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
    if (written <= 0) fail(path_, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void AtomicFile::commit(Flush flush) {
  if (flush == Flush::kToDisk && !pours_ && ::fsync(fd_) != 0) fail(path_, "cannot write");
  if (pours_)
    pour_into_place();
  else
    put_into_place();
  if (::close(std::exchange(fd_, -1)) != 0) fail(path_, "cannot write");
}

void AtomicFile::pour_into_place() {
  const int to = open_to_pour(path_);
  if (to < 0) fail(path_, "cannot write");
  struct Closed {
    int fd;
    ~Closed() { ::close(fd); }
  } const closed{to};
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(fd_, piece.data(), piece.size(), at);
    if (size < 0) fail(path_, "cannot read what was to be written");
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
    fail(path_, "cannot rename the finished file into place");
  forget(name_);
  name_.clear();
}

void write_file_atomically(const std::string& path, Bytes bytes, Flush flush) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit(flush);
}

void try_output(const std::string& path) { const AtomicFile file(path); }

std::optional<int> standard_stream_at(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? standard_stream(file) : std::nullopt;
}

void remove_temporary_files() noexcept {
  for (const Slot& slot : g_slots)
    if (slot.valid) ::unlink(slot.path);
}

}  // namespace gdd
