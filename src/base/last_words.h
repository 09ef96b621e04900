// The end of a process that cannot go on in the ordinary way: a signal, a crash, a batch that never ends.
#pragma once

#include <initializer_list>
#include <string>

namespace gdd {

// What stands before the line; "gdd" until then.
void set_program_name(const std::string& name);

// Writes "program: " and the words as one line to stderr, control characters as '?', removes the named
// temporary files of this process (base/atomic_file.h), and ends it. For signal handlers too: it uses neither
// the log nor the heap.
[[noreturn]] void end_with_words(int exit_code, std::initializer_list<const char*> words) noexcept;

}  // namespace gdd
