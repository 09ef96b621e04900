// The outermost frame of every program: turns what went wrong into one line on stderr and an exit code.
#pragma once

namespace gdd {

// Runs `command` and ends the process with the exit code: 0 done (also after --help and --version), 1 failed,
// 2 usage. Nothing escapes: gdd::Error, CLI11's parse errors, torch's errors (first line only), lack of
// memory. Static destructors are not run: libtorch's take 0.08 s, a third of a short run, to free memory that
// the system takes back anyway.
[[noreturn]] void main_guard(int argc, char** argv, int (*command)(int argc, char** argv));

}  // namespace gdd
