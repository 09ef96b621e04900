#include "base/last_words.h"

#include <unistd.h>

#include <cstdio>

#include "base/atomic_file.h"

namespace gdd {
namespace {

char g_program[64] = "gdd";

void say(const char* text) noexcept {
  char piece[256];
  while (*text) {
    std::size_t size = 0;
    for (; *text && size < sizeof piece; ++text)
      piece[size++] = static_cast<unsigned char>(*text) < 0x20 || *text == 0x7f ? '?' : *text;
    if (::write(STDERR_FILENO, piece, size) < 0) return;
  }
}

}  // namespace

void set_program_name(const std::string& name) {
  std::snprintf(g_program, sizeof g_program, "%s", name.c_str());
}

void end_with_words(int exit_code, std::initializer_list<const char*> words) noexcept {
  say(g_program);
  say(": ");
  for (const char* word : words) say(word);
  const bool written = ::write(STDERR_FILENO, "\n", 1) == 1;
  static_cast<void>(written);  // there is nobody left to tell
  remove_temporary_files();
  ::_exit(exit_code);
}

}  // namespace gdd
