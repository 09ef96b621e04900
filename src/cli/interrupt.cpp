#include "cli/interrupt.h"

#include <signal.h>

#include "base/last_words.h"
#include "base/mapped_file.h"

namespace gdd {
namespace {

volatile sig_atomic_t g_cooperative = 0, g_interrupted = 0;

const char* signal_name(int signal) noexcept {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

void on_interrupt(int signal) noexcept {
  if (g_cooperative && !g_interrupted) {
    g_interrupted = signal;
    return;
  }
  end_with_words(128 + signal, {"stopped by ", signal_name(signal),
                                "; what was finished before stays, nothing unfinished was kept"});
}

void on_bus_error(int, siginfo_t* info, void*) noexcept {
  const char* const path = mapped_file_at(info->si_addr);
  end_with_words(
      1, {"error: ", path ? path : "a file",
          ": was cut short, or its disk failed, while it was read; leave the file alone and run again"});
}

void on(int signal, void (*handler)(int) noexcept) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void guard_signals(const std::string& program) {
  set_program_name(program);
  on(SIGINT, on_interrupt);
  on(SIGTERM, on_interrupt);
  if (!is_ignored(SIGHUP)) on(SIGHUP, on_interrupt);
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
}

void catch_interrupts() { g_cooperative = 1; }

bool interrupted() { return g_interrupted != 0; }
int interrupted_exit_code() { return 128 + (g_interrupted != 0 ? g_interrupted : SIGINT); }

}  // namespace gdd
