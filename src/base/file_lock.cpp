#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gdd/error.h"

namespace gdd {
namespace {

bool change(int fd, int part, short type, int command) {
  struct flock region = {};
  region.l_type = type;
  region.l_whence = SEEK_SET;
  region.l_start = part;
  region.l_len = 1;
  while (::fcntl(fd, command, &region) != 0)
    if (errno != EINTR) return false;
  return true;
}

short type_of(FileLock::Mode mode) {
  return static_cast<short>(mode == FileLock::Mode::kShared ? F_RDLCK : F_WRLCK);
}

}  // namespace

FileLock::FileLock(const std::string& path) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd_ < 0) throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  struct stat info;
  if (::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode)) return;
  ::close(fd_);
  throw Error(path, "expected a regular file, found a folder, device, pipe or socket", "remove it");
}

FileLock::~FileLock() { ::close(fd_); }

bool FileLock::try_lock(int part, Mode mode) { return change(fd_, part, type_of(mode), F_OFD_SETLK); }
bool FileLock::lock(int part, Mode mode) { return change(fd_, part, type_of(mode), F_OFD_SETLKW); }
void FileLock::unlock(int part) { change(fd_, part, F_UNLCK, F_OFD_SETLK); }

}  // namespace gdd
