// A number as text: in words of printf, or exact.
#pragma once

#include <array>
#include <charconv>
#include <cstdio>
#include <string>

namespace gdd {

// `format` takes one double and gives less than 40 characters: "%.6g", "%.0f s".
inline std::string number_text(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// The shortest text that gives the number again, with a point in every locale.
inline std::string exact_text(double value) {
  std::array<char, 40> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace gdd
