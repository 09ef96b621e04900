// What could not be written: a full disk, a folder without the right to. Who goes on after other errors, as
// with the next of many files, does not after this one.
#pragma once

#include "gdd/error.h"

namespace gdd {

class WriteError : public Error {
 public:
  using Error::Error;
};

}  // namespace gdd
