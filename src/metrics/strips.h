// A matrix by strips of rows, on several threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/tasks.h"
#include "metrics/linear_algebra.h"

namespace gdd {

inline constexpr std::int64_t kStripRows = 64;  // rows of a matrix that one thread goes through at once

// Calls task(first, end) for the strips of d rows, on several threads.
template <class Task>
void for_each_strip(std::int64_t d, const Task& task) {
  run_tasks((d + kStripRows - 1) / kStripRows, linear::num_threads(),
            [&](std::int64_t i) { task(i * kStripRows, std::min((i + 1) * kStripRows, d)); });
}

}  // namespace gdd
