// PNG and JPEG bytes to pixels and back. JPEG decodes to Pillow's pixels (libjpeg-turbo, slow-integer DCT, fancy upsampling).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "images/image.h"

namespace gdd {

bool looks_like_image(Bytes start_of_file);  // PNG or JPEG by magic number
Image decode_image(Bytes file, const std::string& name);
std::vector<std::byte> encode_png(const Image& image);

}  // namespace gdd
