// PNG and JPEG bytes to pixels and back. JPEG decodes to Pillow's pixels (libjpeg-turbo, slow-integer DCT,
// fancy upsampling).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "images/image.h"

namespace gdd {

bool looks_like_image(Bytes start_of_file);  // PNG or JPEG by magic number

// Grey or RGB, as Pillow's convert('L') or convert('RGB') gives it: alpha is dropped, palettes are expanded,
// fewer than 8 bits are scaled up; of 16 bits the upper 8 are kept (where Pillow clips 16-bit grey instead).
// Errors, with `name`: neither format; damaged or truncated, also where libjpeg only warns; CMYK; over
// limits::kMaxImageSide or kMaxImagePixels. Safe from several threads at once, as is encode_png.
Image decode_image(Bytes file, const std::string& name);

// Grey images give grey PNG. The same image gives the same bytes.
std::vector<std::byte> encode_png(const Image& image);

}  // namespace gdd
