#include "base/appended_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/write_error.h"

namespace gdd {
namespace {

constexpr std::uint64_t kLongestLine = 64u << 10;

// Refuses what cannot be written, and makes the folder.
OutputPlace prepare(const std::string& path) {
  try_output(path);
  return find_place(path);
}

int open_to_append(const std::string& path, bool is_regular) {
  if (!is_regular) return open_to_pour(path);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EACCES && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0)
    throw Error(path, "cannot read: what a file holds is looked at before lines are appended",
                "make it readable, or name another file");
  if (fd < 0) fail_output(path, "cannot write");
  return fd;
}

}  // namespace

AppendedFile::AppendedFile(const std::string& path) : AppendedFile(path, prepare(path)) {}

AppendedFile::AppendedFile(const std::string& path, const OutputPlace& place)
    : path_(path), is_regular_(!place.pours), file_(open_to_append(path, is_regular_)) {
  if (!is_regular_) return;
  constexpr std::chrono::seconds kPatience{30};
  lock_.emplace(place.path);
  locked_ = lock_->lock(0, FileLock::Mode::kExclusive, kPatience);
  struct stat info;
  if (::fstat(file_.fd, &info) != 0) fail_output(path_, "cannot read");
  size_ = static_cast<std::uint64_t>(info.st_size);
}

std::string AppendedFile::read(std::uint64_t from, std::uint64_t size) const {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got =
        ::pread(file_.fd, text.data() + done, text.size() - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_output(path_, "cannot read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

std::string AppendedFile::first_line() const {
  const std::string start = read(0, std::min(size_, kLongestLine));
  return start.substr(0, start.find('\n'));
}

std::string AppendedFile::unended() const {
  const std::uint64_t size = std::min(size_, kLongestLine);
  const std::string end = read(size_ - size, size);
  return end.substr(end.rfind('\n') + 1);  // none: all of it
}

bool AppendedFile::cut_unended() {
  const std::uint64_t size = unended().size();
  if (!locked_ || size == kLongestLine) return false;
  if (::ftruncate(file_.fd, static_cast<off_t>(size_ - size)) != 0) fail_output(path_, "cannot write");
  size_ -= size;
  return true;
}

void AppendedFile::append(const std::string& text) {
  try {
    write_all(file_.fd, as_bytes(text), path_);
  } catch (const WriteError&) {
    if (locked_ && ::ftruncate(file_.fd, static_cast<off_t>(size_)) != 0)
      fail_output(path_, "cannot take back what was written in part");
    throw;
  }
  if (is_regular_ && ::fsync(file_.fd) != 0) fail_output(path_, "cannot write");
  size_ += text.size();
}

}  // namespace gdd
