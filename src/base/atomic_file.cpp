#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "gdd/error.h"

namespace gdd {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw Error(path, std::string(what) + ": " + std::strerror(errno));
}

// Of this process, and within it of one file: two threads may write the same path.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> count = 0;
  return path + ".tmp." + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_path_(temporary_name(path_)) {
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  std::error_code error;
  if (std::filesystem::is_directory(path_, error))
    throw Error(path_, "cannot write: expected a file name, found a folder");
  error.clear();  // is_directory() sets it when there is no such file yet
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw Error(folder.string(), "cannot create the folder: " + error.message());
  fd_ = ::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(path_, "cannot write");
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!committed_) ::unlink(temporary_path_.c_str());
}

void AtomicFile::write(Bytes bytes) {
  constexpr std::size_t kChunk = std::size_t{1} << 30;  // write(2) takes at most 2 GiB at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kChunk));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path_, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

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
  const int fd = std::exchange(fd_, -1);
  const bool flushed = flush == Flush::kLater || ::fsync(fd) == 0;
  if (::close(fd) != 0 || !flushed) fail(path_, "cannot write");
  if (::rename(temporary_path_.c_str(), path_.c_str()) != 0)
    fail(path_, "cannot rename the finished file into place");
  committed_ = true;
}

void write_file_atomically(const std::string& path, Bytes bytes, Flush flush) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit(flush);
}

}  // namespace gdd
