// What codec.cpp puts together: one decoder a format, and what they share.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "images/image.h"

namespace gdd {

Image decode_png(Bytes file, const std::string& name, const Admit& admit);
Image decode_jpeg(Bytes file, const std::string& name, const Admit& admit);
Image decode_webp(Bytes file, const std::string& name, const Admit& admit);
Image decode_tiff(Bytes file, const std::string& name, const Admit& admit);
Image decode_gif(Bytes file, const std::string& name, const Admit& admit);
Image decode_bmp(Bytes file, const std::string& name, const Admit& admit);
Image decode_pnm(Bytes file, const std::string& name, const Admit& admit);

inline constexpr char kDamagedImage[] = "the file is truncated or damaged";

// Error: no pixels, or more than limits.h allows.
void check_image_size(std::uint64_t height, std::uint64_t width, const std::string& name);

// Error: more bytes than limits.h allows a file of one image.
void check_image_file_size(std::uint64_t bytes, const std::string& name);

// A black image, after its size was checked and its memory admitted, with `working_bytes` more that the
// decoder takes meanwhile. Errors: as check_image_size(); over the memory allowed.
Image make_image(std::uint64_t height, std::uint64_t width, int channels, const std::string& name,
                 const Admit& admit, std::uint64_t working_bytes = 0);

// Pillow's convert('RGB') of CMYK (Convert.c, cmyk2rgb): r = k' - c k' / 255 with k' = 255 - k, rounded.
inline std::uint8_t cmyk_channel(unsigned colour, unsigned black) {
  const unsigned light = 255 - black, product = colour * light + 128;
  return static_cast<std::uint8_t>(light - (((product >> 8) + product) >> 8));
}

}  // namespace gdd
