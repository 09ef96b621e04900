// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits; the arithmetic is OpenSSL's.
#pragma once

#include <string>

#include "base/bytes.h"

namespace gdd {

std::string sha256(Bytes bytes);

}  // namespace gdd
