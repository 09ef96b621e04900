// Letters A-Z alone, whatever the locale: endings of files, members of archives.
#pragma once

#include <algorithm>
#include <string>

namespace gdd {

inline std::string ascii_lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; });
  return text;
}

}  // namespace gdd
