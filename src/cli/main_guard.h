// The outermost frame of every program: turns what went wrong into one line on stderr and an exit code.
#pragma once

namespace gdd {

// Runs `command` and returns the exit code: 0 done (also after --help and --version), 1 failed, 2 usage.
// Nothing escapes: gdd::Error, CLI11's parse errors, torch's errors (first line only), lack of memory.
int main_guard(int argc, char** argv, int (*command)(int argc, char** argv));

}  // namespace gdd
