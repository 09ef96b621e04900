// How many threads BLAS takes, where that can be said: in MKL.
#pragma once

#include "metrics/lapack.h"

namespace gdd::linear {

// MKL's functions limit themselves to the thread that calls them while this lives.
inline bool can_limit_threads() { return MKL_Set_Num_Threads_Local != nullptr; }

class OneThread {
 public:
  explicit OneThread(bool wanted = true) : wanted_(wanted && can_limit_threads()) {
    if (wanted_) before_ = MKL_Set_Num_Threads_Local(1);
  }
  ~OneThread() {
    if (wanted_) MKL_Set_Num_Threads_Local(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  bool wanted_;
  int before_ = 0;
};

}  // namespace gdd::linear
