// More than one thread for BLAS and what goes by its number, wherever a test runs.
#pragma once

#include "metrics/lapack.h"

namespace gdd::testing_support {

class SeveralThreads {
 public:
  SeveralThreads() {
    if (possible()) before_ = MKL_Set_Num_Threads_Local(3);
  }
  ~SeveralThreads() {
    if (possible()) MKL_Set_Num_Threads_Local(before_);
  }
  SeveralThreads(const SeveralThreads&) = delete;
  SeveralThreads& operator=(const SeveralThreads&) = delete;

  static bool possible() { return MKL_Set_Num_Threads_Local != nullptr; }

 private:
  int before_ = 0;
};

}  // namespace gdd::testing_support
