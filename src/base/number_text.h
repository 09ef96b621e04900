// A number in words of printf.
#pragma once

#include <cstdio>
#include <string>

namespace gdd {

// `format` takes one double and gives less than 40 characters: "%.6g", "%.0f s".
inline std::string number_text(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace gdd
