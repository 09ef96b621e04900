// What codec.cpp puts together: one decoder a format, and the check that both make before they take memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "images/image.h"

namespace gdd {

Image decode_png(Bytes file, const std::string& name);
Image decode_jpeg(Bytes file, const std::string& name);

// An image of that size, black. Error: no pixels, or more than limits.h allows.
Image make_image(std::uint64_t height, std::uint64_t width, int channels, const std::string& name);

}  // namespace gdd
