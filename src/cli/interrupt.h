// Ctrl-C and SIGTERM as a question that work asks between two pieces.
#pragma once

namespace gdd {

inline constexpr int kInterrupted = 130;  // exit code, as shells have it for SIGINT

// From now on the first SIGINT or SIGTERM only sets a mark; the next one ends the program at once.
void catch_interrupts();
bool interrupted();

}  // namespace gdd
