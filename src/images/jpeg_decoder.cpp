// libjpeg-turbo with its defaults (slow-integer DCT, fancy upsampling, block smoothing), which are Pillow's.
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include <vector>

#include "base/limits.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

// libjpeg reports errors by a callback that must not return. An exception must not cross C frames, so the
// callback jumps back into read_header() or read_pixels(), which hold nothing that has a destructor.
struct Jpeg {
  jpeg_error_mgr errors{};  // first: libjpeg's pointer to it is one to the Jpeg
  jpeg_decompress_struct info{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed{};
  char message[JMSG_LENGTH_MAX] = "";

  Jpeg() = default;
  ~Jpeg() { jpeg_destroy_decompress(&info); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;
};

[[noreturn]] void fail(j_common_ptr info) {
  auto* jpeg = reinterpret_cast<Jpeg*>(info->err);
  info->err->format_message(info, jpeg->message);
  std::longjmp(jpeg->failed, 1);
}

// Warnings say that pixels were made up ("Premature end of JPEG file", "Corrupt JPEG data: ..."), but for
// three: odd markers, and bytes before a marker, where all pixels are there.
void on_message(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM && code != JWRN_EXTRANEOUS_DATA)
    fail(info);
}

// A progressive file of a few kilobytes can ask for thousands of passes over a huge picture.
void on_progress(j_common_ptr info) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number <= limits::kMaxJpegScans) return;
  auto* jpeg = reinterpret_cast<Jpeg*>(info->err);
  std::snprintf(jpeg->message, sizeof jpeg->message, "more than %d scans", limits::kMaxJpegScans);
  std::longjmp(jpeg->failed, 1);
}

bool read_header(Jpeg& jpeg, Bytes file) {
  if (setjmp(jpeg.failed)) return false;
  jpeg.info.err = jpeg_std_error(&jpeg.errors);
  jpeg.errors.error_exit = fail;
  jpeg.errors.emit_message = on_message;
  jpeg_create_decompress(&jpeg.info);
  jpeg.progress.progress_monitor = on_progress;
  jpeg.info.progress = &jpeg.progress;
  jpeg_mem_src(&jpeg.info, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&jpeg.info, TRUE);
  return true;
}

// As Pillow, which takes every JPEG of four components for one of Adobe's, whose inks are inverted.
void to_rgb(const std::uint8_t* inks, std::size_t width, std::uint8_t* out) {
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t c = 0; c < 3; ++c)
      out[3 * x + c] = cmyk_channel(255u - inks[4 * x + c], 255u - inks[4 * x + 3]);
}

// `inks`: room for a row of four components, where the picture has so many; else null.
bool read_pixels(Jpeg& jpeg, std::uint8_t* pixels, std::size_t row_size, std::uint8_t* inks) {
  if (setjmp(jpeg.failed)) return false;
  constexpr J_COLOR_SPACE kSpaces[] = {JCS_UNKNOWN, JCS_GRAYSCALE, JCS_UNKNOWN, JCS_RGB, JCS_CMYK};
  jpeg.info.out_color_space = kSpaces[jpeg.info.num_components];  // YCCK becomes CMYK
  jpeg_start_decompress(&jpeg.info);
  while (jpeg.info.output_scanline < jpeg.info.output_height) {
    std::uint8_t* const out = pixels + jpeg.info.output_scanline * row_size;
    JSAMPROW row = inks ? inks : out;
    jpeg_read_scanlines(&jpeg.info, &row, 1);
    if (inks) to_rgb(inks, jpeg.info.output_width, out);
  }
  jpeg_finish_decompress(&jpeg.info);
  return true;
}

}  // namespace

Image decode_jpeg(Bytes file, const std::string& name, const Admit& admit) {
  Jpeg jpeg;
  if (!read_header(jpeg, file)) throw Error(name, jpeg.message, kDamagedImage);
  const int components = jpeg.info.num_components;
  if (components != 1 && components != 3 && components != 4)
    throw Error(
        name,
        "expected a JPEG of 1 (grey), 3 (colour) or 4 (CMYK) components, found " + std::to_string(components),
        "convert it to RGB");
  const int channels = components == 1 ? 1 : 3;
  const std::uint64_t height = jpeg.info.image_height, width = jpeg.info.image_width;
  check_image_size(height, width, name);
  // Of a progressive picture all coefficients are held, two bytes each.
  const std::uint64_t working =
      jpeg_has_multiple_scans(&jpeg.info) ? 2 * height * width * static_cast<std::uint64_t>(components) : 0;
  Image image = make_image(height, width, channels, name, admit, working);
  const std::size_t row_size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(channels);
  std::vector<std::uint8_t> inks(components == 4 ? static_cast<std::size_t>(image.width) * 4 : 0);
  if (!read_pixels(jpeg, image.pixels.data(), row_size, inks.empty() ? nullptr : inks.data()))
    throw Error(name, jpeg.message, kDamagedImage);
  return image;
}

}  // namespace gdd
