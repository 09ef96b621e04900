// The same action on several threads at once, for the thread sanitizer to look at.
#pragma once

#include <thread>
#include <vector>

namespace gdd::testing_support {

// action(0) ... action(count - 1), each on a thread of its own; EXPECT_* may be used inside.
template <class Action>
void on_threads(int count, Action action) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&action, t] { action(t); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace gdd::testing_support
