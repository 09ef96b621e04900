// Words as one text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gdd {

// "fid, kid, pr"
inline std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string text;
  for (const std::string& word : words) {
    if (&word != words.data()) text += between;
    text += word;
  }
  return text;
}

}  // namespace gdd
