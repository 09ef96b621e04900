// Test files and the text of errors.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "gdd/error.h"

namespace gdd {

inline std::string data_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/" + name; }

// What `action` throws as gdd::Error, or "no error".
std::string error_of(auto action) {
  try {
    action();
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace gdd
