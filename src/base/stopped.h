// The end of a process that waited for others of its group when one of them was asked to stop.
#pragma once

#include <exception>

namespace gdd {

// No Error: nothing went wrong. Whoever began the sharing catches it, and ends as a run that was stopped.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped, as one of the processes was asked to"; }
};

}  // namespace gdd
