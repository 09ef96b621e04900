// Bounds what a small file can be made to unfold into: the memo lets a pickle mention one value a million
// times.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "pickle/pickle.h"

namespace gdd {

class Budget {
 public:
  // Error: more than limits::kMaxModuleTreeBytes charged so far.
  void charge(const pickle::Pickle& pickle, const pickle::Value& at, std::uint64_t bytes) {
    spent_ += bytes;
    if (spent_ > limits::kMaxModuleTreeBytes)
      pickle.fail(at,
                  "names and attributes exceed " + std::to_string(limits::kMaxModuleTreeBytes) + " bytes");
  }

 private:
  std::uint64_t spent_ = 0;
};

}  // namespace gdd
