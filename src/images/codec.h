// Picture files to pixels, and pixels to PNG. The pixels are those of Pillow's convert('L') or
// convert('RGB').
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "images/image.h"

namespace gdd {

bool looks_like_image(Bytes start_of_file);  // one of image_formats(), by magic number

std::string image_formats();  // "PNG, JPEG, WebP, ...": what decode_image() reads

// Grey or RGB, as Pillow's convert('L') or convert('RGB') gives it: alpha is dropped, palettes are expanded,
// fewer than 8 bits are scaled up, CMYK becomes RGB; of 16 bits the upper 8 are kept (where Pillow clips
// 16-bit grey instead). Of animations and pages the first is read. Errors, with `name`: no such format;
// damaged or truncated, also where libjpeg only warns that pixels are made up; over limits::kMaxImageSide or
// kMaxImagePixels, or the memory allowed. Safe from several threads at once, as is encode_png. `admit`, if
// any, is called once the size is known.
Image decode_image(Bytes file, const std::string& name, const Admit& admit = {});

// Grey images give grey PNG. The same image gives the same bytes.
std::vector<std::byte> encode_png(const Image& image);

}  // namespace gdd
