// SHA-256 of a mapped file, computed while something else is done with it.
#pragma once

#include <exception>
#include <string>
#include <thread>

#include "base/mapped_file.h"

namespace gdd {

class BackgroundHash {
 public:
  // Starts at once, on a thread of its own. Destruction does not wait for the end.
  explicit BackgroundHash(SharedFile file);

  std::string get();  // waits; 64 hexadecimal digits. Once only.

 private:
  std::string digest_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it writes to the others
};

}  // namespace gdd
