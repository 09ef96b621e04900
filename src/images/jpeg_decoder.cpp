// libjpeg-turbo with its defaults (slow-integer DCT, fancy upsampling, block smoothing), which are Pillow's.
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

constexpr char kDamaged[] = "the file is truncated or damaged";

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
// two about odd markers.
void on_message(j_common_ptr info, int level) {
  const int code = info->err->msg_code;
  if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM) fail(info);
}

// A progressive file of a few kilobytes can ask for thousands of passes over a huge picture.
void on_progress(j_common_ptr info) {
  constexpr int kMaxScans = 500;  // encoders write about 10
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number <= kMaxScans) return;
  auto* jpeg = reinterpret_cast<Jpeg*>(info->err);
  std::snprintf(jpeg->message, sizeof jpeg->message, "more than %d scans", kMaxScans);
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

bool read_pixels(Jpeg& jpeg, std::uint8_t* pixels, std::size_t row_size) {
  if (setjmp(jpeg.failed)) return false;
  jpeg.info.out_color_space = jpeg.info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&jpeg.info);
  while (jpeg.info.output_scanline < jpeg.info.output_height) {
    JSAMPROW row = pixels + jpeg.info.output_scanline * row_size;
    jpeg_read_scanlines(&jpeg.info, &row, 1);
  }
  jpeg_finish_decompress(&jpeg.info);
  return true;
}

}  // namespace

Image decode_jpeg(Bytes file, const std::string& name) {
  Jpeg jpeg;
  if (!read_header(jpeg, file)) throw Error(name, jpeg.message, kDamaged);
  const int channels = jpeg.info.num_components;
  if (channels != 1 && channels != 3)
    throw Error(
        name,
        "expected a grey or colour JPEG, found " + std::to_string(channels) + " components (CMYK has 4)",
        "convert it to RGB");
  Image image = make_image(jpeg.info.image_height, jpeg.info.image_width, channels, name);
  const std::size_t row_size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(channels);
  if (!read_pixels(jpeg, image.pixels.data(), row_size)) throw Error(name, jpeg.message, kDamaged);
  return image;
}

}  // namespace gdd
