// Signals that would end a program in the middle of its work: each ends in one line, an exit code, and no
// temporary file left behind.
#pragma once

#include <string>

namespace gdd {

// For every program, at its start. SIGINT, SIGTERM and SIGHUP (unless it is ignored, as under nohup) end it
// at once with 128 + the signal's number; SIGBUS, a mapped file that was cut while it was read, with 1 and
// the name of the file. A file size limit, and a pipe that nobody reads any more, become an error of the
// write that meets it, like a full disk.
void guard_signals(const std::string& program);

// From now on the first SIGINT, SIGTERM or SIGHUP only sets a mark, which work asks for between two pieces;
// the next one ends the program at once.
void catch_interrupts();
bool interrupted();
int interrupted_exit_code();  // 128 + the signal that set the mark

}  // namespace gdd
