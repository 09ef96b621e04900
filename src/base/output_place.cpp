#include "base/output_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/write_error.h"

namespace gdd {
namespace {

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

std::string behind_links(const std::string& path) {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::canonical(path, error);
  if (error) throw Error(path, "cannot follow the link: " + error.message());
  return place.string();
}

}  // namespace

OutputPlace find_place(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return {path};  // nothing, or what opening it tells
  const bool is_link = S_ISLNK(file.st_mode);
  if (is_link && ::stat(path.c_str(), &file) != 0)
    throw Error(path, "cannot write: a link that leads to no file", "remove it, or name another file");
  if (S_ISDIR(file.st_mode)) throw Error(path, "cannot write: expected a file name, found a folder");
  if (S_ISBLK(file.st_mode)) throw Error(path, "cannot write: expected a file name, found a block device");
  if (!S_ISREG(file.st_mode) || standard_stream(file)) return {path, true};
  return {is_link ? behind_links(path) : path};
}

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error && !std::filesystem::is_directory(folder))
    throw WriteError(folder, "cannot make the folder: " + error.message());
}

int open_to_pour(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) fail_output(path, "cannot write");
  const std::optional<int> stream = standard_stream(file);
  const int fd = stream ? ::dup(*stream) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) fail_output(path, "cannot write");
  if (!stream) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

void write_all(int fd, Bytes bytes, const std::string& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 30;  // write(2) takes at most 2 GiB at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kChunk));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_output(path, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void fail_output(const std::string& path, const char* what) {
  throw WriteError(path, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace gdd
