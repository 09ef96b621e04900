// Around whatever LibTorch does with a program of a file: a program can make it loop for ever, crash (a
// nesting of a million brackets overflows the stack of its parser), or take all memory, and none of it can be
// caught. Internal to this room.
#pragma once

#include <sys/resource.h>

#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gdd {

// While it lives, in one thread at a time: a crash (SIGSEGV, SIGFPE, SIGILL, SIGABRT), or more than `seconds`
// (0: no limit), ends the process with one line that names `path`, no temporary file left, and exit code 1;
// and the process gets `memory` more bytes than it has (RLIMIT_DATA; 0: no limit): beyond that an allocation
// fails.
class UntrustedWork {
 public:
  UntrustedWork(const std::string& path, double seconds, std::uint64_t memory);
  ~UntrustedWork();
  UntrustedWork(const UntrustedWork&) = delete;
  UntrustedWork& operator=(const UntrustedWork&) = delete;

 private:
  void catch_crashes();
  void limit_memory(std::uint64_t memory);
  void watch(double seconds);

  static constexpr int kSignals[] = {SIGSEGV, SIGFPE, SIGILL, SIGABRT};

  std::string path_;
  std::vector<char> stack_;  // for the handler: the ordinary one may be what overflowed
  stack_t stack_before_{};
  struct sigaction before_[std::size(kSignals)];
  rlimit memory_before_{};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::thread watchdog_;
};

}  // namespace gdd
