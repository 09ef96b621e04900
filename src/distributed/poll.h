// The pauses of a rank that asks the store again and again: many at first, and two a second when it waits
// long, since a thousand others may be waiting too.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace gdd {

class Poll {
 public:
  void pause() {
    std::this_thread::sleep_for(next_);
    next_ = std::min(next_ * 5 / 4, kLongest);
  }

 private:
  static constexpr std::chrono::milliseconds kLongest{500};
  std::chrono::milliseconds next_{20};
};

}  // namespace gdd
