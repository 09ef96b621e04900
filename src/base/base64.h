// RFC 4648, section 4: bytes as text that stands inside other text.
#pragma once

#include <string>

#include "base/bytes.h"

namespace gdd {

std::string base64(Bytes bytes);

}  // namespace gdd
