// What of a folder or archive is not used.
#pragma once

#include <string>

namespace gdd {

struct LeftOut {
  std::string text;       // "2 hidden files, 3 .txt"; empty: nothing was left out
  bool pictures = false;  // pictures by their ending are among them
};

}  // namespace gdd
