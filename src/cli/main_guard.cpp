#include "cli/main_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>

#include "base/heap.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/stopped.h"
#include "cli/interrupt.h"
#include "cli/spin_briefly.h"
#include "detectors/torch_message.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;
constexpr int kClosedPipe =
    128 + 13;  // whoever read the result had enough: no word, as SIGPIPE would have it

// A descriptor that the parent closed would be given to the next file that is opened, and a message would
// land in the middle of an output. What is written to such a stdout is an error, as before.
void fill_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    const int null = ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (null >= 0 && null != fd) {
      ::dup2(null, fd);
      ::close(null);
    }
  }
}

int complain(int exit_code, const std::string& message) {
  log_error(message);
  return exit_code;
}

// Of a pipe or socket; errno of the write that failed is long gone when it is asked for.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int exit_code(int argc, char** argv, int (*command)(int argc, char** argv)) {
  try {
    const int code = command(argc, argv);
    std::cout.flush();
    const bool flushed = std::fflush(stdout) == 0;
    if (!flushed || std::ferror(stdout) != 0 || !std::cout)
      return reader_has_gone() ? kClosedPipe : complain(kFailed, "stdout: cannot write the result");
    return code;
  } catch (const CLI::ParseError& error) {
    return complain(kUsage, error.what());
  } catch (const Error& error) {
    return complain(error.kind() == Error::Kind::kUsage ? kUsage : kFailed, error.what());
  } catch (const Stopped& stopped) {
    log_warning(std::string(stopped.what()) + "; finished work stays: the same command again continues");
    return interrupted_exit_code();
  } catch (const std::bad_alloc&) {
    return complain(kFailed, "not enough memory; try a smaller --batch");
  } catch (const std::exception& error) {
    return complain(kFailed, torch_message(error, kMessageLimit));
  }
  return kOk;
}

// A sanitizer's own start comes before any other; the arguments are glibc's.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**,
                                                                             char**) = spin_briefly;
#endif

}  // namespace

void main_guard(int argc, char** argv, int (*command)(int argc, char** argv)) {
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "gdd";
  keep_freed_memory();
  fill_standard_streams();
  open_log(program);
  guard_signals(program);
  const int code = exit_code(argc, argv, command);
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace gdd
