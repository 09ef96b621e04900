// Independent pieces of work on several threads.
#pragma once

#include <cstdint>
#include <functional>

namespace gdd {

// Calls task(0) .. task(count - 1), each once, on at most `threads` threads (0: one a processor), the
// caller's among them, the others kept for the next call; after each of its own the caller calls
// done(finished so far). The first exception of either ends the work after the tasks in hand and is thrown
// here.
void run_tasks(std::int64_t count, int threads, const std::function<void(std::int64_t)>& task,
               const std::function<void(std::int64_t finished)>& done = {});

}  // namespace gdd
