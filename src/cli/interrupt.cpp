#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/atomic_file.h"
#include "base/mapped_file.h"

namespace gdd {
namespace {

char g_program[64] = "gdd";
volatile sig_atomic_t g_cooperative = 0, g_interrupted = 0;

// A handler may use neither the log nor the heap: pieces go straight to stderr, control characters as '?'.
void say(const char* text) noexcept {
  char piece[256];
  while (*text) {
    std::size_t size = 0;
    for (; *text && size < sizeof piece; ++text)
      piece[size++] =
          (static_cast<unsigned char>(*text) < 0x20 && *text != '\n') || *text == 0x7f ? '?' : *text;
    if (::write(STDERR_FILENO, piece, size) < 0) return;
  }
}

void say_name(const char* name) noexcept {
  for (; *name; ++name) {
    const char letter[2] = {*name == '\n' ? '?' : *name, 0};
    say(letter);
  }
}

const char* signal_name(int signal) noexcept {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
}

void on_interrupt(int signal) noexcept {
  if (g_cooperative && !g_interrupted) {
    g_interrupted = 1;
    return;
  }
  say(g_program);
  say(": stopped by ");
  say(signal_name(signal));
  say("; what was finished before stays, nothing unfinished was kept\n");
  remove_temporary_files();
  ::_exit(128 + signal);
}

void on_bus_error(int, siginfo_t* info, void*) noexcept {
  const char* const path = mapped_file_at(info->si_addr);
  say(g_program);
  say(": error: ");
  say_name(path ? path : "a file");
  say(": was cut short, or its disk failed, while it was read; leave the file alone and run again\n");
  remove_temporary_files();
  ::_exit(1);
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
  std::snprintf(g_program, sizeof g_program, "%s", program.c_str());
  on(SIGINT, on_interrupt);
  on(SIGTERM, on_interrupt);
  if (!is_ignored(SIGHUP)) on(SIGHUP, on_interrupt);
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
}

void catch_interrupts() { g_cooperative = 1; }

bool interrupted() { return g_interrupted != 0; }

}  // namespace gdd
