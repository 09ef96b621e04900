#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "base/limits.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

// As in jpeg_decoder.cpp: libpng's error callback jumps back into a function that holds nothing with a
// destructor.
struct Png {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Bytes rest;
  std::jmp_buf failed{};
  char message[200] = "";

  Png() = default;
  ~Png() { png_destroy_read_struct(&png, &info, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto* reader = static_cast<Png*>(png_get_error_ptr(png));
  std::snprintf(reader->message, sizeof reader->message, "%s", message);
  std::longjmp(reader->failed, 1);
}

// Chunks that say nothing about pixels are passed over unread: a text of a few kilobytes may unpack to
// gigabytes.
constexpr png_byte kUnread[] =
    "tEXt\0zTXt\0iTXt\0iCCP\0eXIf\0sPLT\0hIST\0pCAL\0sCAL\0tIME\0oFFs\0pHYs\0bKGD\0cHRM\0gAMA\0sRGB\0sBIT";

// Warnings are about ancillary chunks such as colour profiles, which do not touch the pixels.
void ignore(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto* reader = static_cast<Png*>(png_get_io_ptr(png));
  if (count > reader->rest.size()) fail(png, "unexpected end of the file");
  std::memcpy(out, reader->rest.data(), count);
  reader->rest = reader->rest.subspan(count);
}

bool read_header(Png& reader) {
  if (setjmp(reader.failed)) return false;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, fail, ignore);
  if (reader.png) reader.info = png_create_info_struct(reader.png);
  if (!reader.info) {
    std::snprintf(reader.message, sizeof reader.message, "out of memory");
    return false;
  }
  png_set_read_fn(reader.png, &reader, read_bytes);
  png_set_user_limits(reader.png, limits::kMaxImageSide, limits::kMaxImageSide);
  png_set_chunk_malloc_max(reader.png, limits::kMaxPngChunk);
  png_set_chunk_cache_max(reader.png, limits::kMaxPngChunks);
  png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, kUnread, std::size(kUnread) / 5);
  png_read_info(reader.png, reader.info);
  const int color = png_get_color_type(reader.png, reader.info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader.png);
  if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(reader.png);
  png_set_strip_16(reader.png);
  png_set_strip_alpha(reader.png);
  return true;
}

bool read_pixels(Png& reader, std::uint8_t* pixels, std::size_t row_size, std::uint32_t height) {
  if (setjmp(reader.failed)) return false;
  const int passes = png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  if (png_get_rowbytes(reader.png, reader.info) != row_size) fail(reader.png, "rows of an unexpected size");
  for (int pass = 0; pass < passes; ++pass)
    for (std::uint32_t y = 0; y < height; ++y) png_read_row(reader.png, pixels + y * row_size, nullptr);
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

Image decode_png(Bytes file, const std::string& name, const Admit& admit) {
  Png reader;
  reader.rest = file;
  if (!read_header(reader)) throw Error(name, reader.message, kDamagedImage);
  const std::uint32_t height = png_get_image_height(reader.png, reader.info);
  const std::uint32_t width = png_get_image_width(reader.png, reader.info);
  const int channels = png_get_color_type(reader.png, reader.info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
  Image image = make_image(height, width, channels, name, admit);
  image.alpha_dropped = (png_get_color_type(reader.png, reader.info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                        png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
  image.deep_grey = channels == 1 && png_get_bit_depth(reader.png, reader.info) == 16;
  const std::size_t row_size = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  if (!read_pixels(reader, image.pixels.data(), row_size, height))
    throw Error(name, reader.message, kDamagedImage);
  return image;
}

}  // namespace gdd
