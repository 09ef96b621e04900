// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits; the arithmetic is OpenSSL's.
#pragma once

#include <string>

#include "base/bytes.h"

namespace gdd {

std::string sha256(Bytes bytes);

// Of a whole file, read in small pieces so that a large file does not enter the memory of the process.
// Error: the file cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace gdd
