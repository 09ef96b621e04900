#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "gdd/error.h"

namespace gdd {
namespace {

bool change(int fd, int part, short type) {
  struct flock region = {};
  region.l_type = type;
  region.l_whence = SEEK_SET;
  region.l_start = part;
  region.l_len = 1;
  while (::fcntl(fd, F_OFD_SETLK, &region) != 0)
    if (errno != EINTR) return false;
  return true;
}

short type_of(FileLock::Mode mode) {
  return static_cast<short>(mode == FileLock::Mode::kShared ? F_RDLCK : F_WRLCK);
}

}  // namespace

FileLock::FileLock(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666)) {
  if (file_.fd < 0) throw Error(path, std::string("cannot open: ") + std::strerror(errno));
  struct stat info;
  if (::fstat(file_.fd, &info) == 0 && S_ISREG(info.st_mode)) return;
  throw Error(path, "expected a regular file, found a folder, device, pipe or socket", "remove it");
}

bool FileLock::try_lock(int part, Mode mode) { return change(file_.fd, part, type_of(mode)); }
bool FileLock::lock(int part, Mode mode, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPoll{20};
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!try_lock(part, mode)) {
    if (errno != EAGAIN && errno != EACCES) return false;
    if (std::chrono::steady_clock::now() > end)
      throw Error(path_, "another process holds it for too long: it stands still, or its machine does",
                  "end that process");
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}
void FileLock::unlock(int part) { change(file_.fd, part, F_UNLCK); }

}  // namespace gdd
