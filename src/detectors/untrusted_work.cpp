#include "detectors/untrusted_work.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/heap.h"
#include "base/last_words.h"

namespace gdd {
namespace {

const char* volatile g_path = "";

void on_crash(int signal) noexcept {
  const char* const name = signal == SIGSEGV   ? "SIGSEGV"
                           : signal == SIGFPE  ? "SIGFPE"
                           : signal == SIGABRT ? "SIGABRT"
                                               : "SIGILL";
  end_with_words(1, {"error: ", g_path, ": LibTorch crashed over the program in this file (", name,
                     "); it is damaged, or made to do so: do not use it"});
}

}  // namespace

UntrustedWork::UntrustedWork(const std::string& path, double seconds, std::uint64_t memory)
    : path_(path), stack_(1 << 16) {
  g_path = path_.c_str();
  catch_crashes();
  limit_memory(memory);
  if (seconds > 0) watchdog_ = std::thread([this, seconds] { watch(seconds); });
}

UntrustedWork::~UntrustedWork() {
  if (watchdog_.joinable()) {
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
    }
    ended_.notify_one();
    watchdog_.join();
  }
  ::setrlimit(RLIMIT_DATA, &memory_before_);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  ::sigaltstack(&stack_before_, nullptr);
  g_path = "";
}

void UntrustedWork::catch_crashes() {
  stack_t stack{};
  stack.ss_sp = stack_.data();
  stack.ss_size = stack_.size();
  ::sigaltstack(&stack, &stack_before_);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK;
  for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
}

void UntrustedWork::limit_memory(std::uint64_t memory) {
  give_back_freed_memory();
  ::getrlimit(RLIMIT_DATA, &memory_before_);
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  for (int column = 0; column < 6; ++column) statm >> pages;  // the sixth: private memory that can be written
  if (memory == 0 || !statm) return;
  rlimit limit = memory_before_;
  const std::uint64_t wanted = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + memory;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, wanted);
  ::setrlimit(RLIMIT_DATA, &limit);
}

void UntrustedWork::watch(double seconds) {
  std::unique_lock lock(mutex_);
  if (ended_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return done_; })) return;
  char limit[32];
  std::snprintf(limit, sizeof limit, "%g", seconds);
  end_with_words(1, {"error: ", g_path, ": a batch took more than the ", limit,
                     " s of --timeout-batch; the program in the file may never end"});
}

}  // namespace gdd
