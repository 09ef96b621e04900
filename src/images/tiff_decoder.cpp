// libtiff reads the strips and tiles; what they mean is decided here as Pillow's TiffImagePlugin does.
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "gdd/error.h"
#include "images/decoders.h"
#include "images/orientation.h"

namespace gdd {
namespace {

struct Memory {
  Bytes file;
  std::uint64_t position = 0;
  char message[200] = "";
};

tmsize_t read_from(thandle_t handle, void* out, tmsize_t count) {
  auto* memory = static_cast<Memory*>(handle);
  if (count <= 0 || memory->position >= memory->file.size()) return 0;
  const std::size_t taken =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(count), memory->file.size() - memory->position);
  std::memcpy(out, memory->file.data() + memory->position, taken);
  memory->position += taken;
  return static_cast<tmsize_t>(taken);
}
tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }
toff_t seek_to(thandle_t handle, toff_t offset, int whence) {
  auto* memory = static_cast<Memory*>(handle);
  const std::uint64_t base = whence == SEEK_CUR   ? memory->position
                             : whence == SEEK_END ? memory->file.size()
                                                  : 0;
  return memory->position = base + offset;
}
int close_nothing(thandle_t) { return 0; }
toff_t size_of(thandle_t handle) { return static_cast<Memory*>(handle)->file.size(); }

// The first message is kept. A warning counts where libtiff goes on without a tag that decides the pixels: it
// cannot be read, or others are put in its place.
void keep_message(Memory& memory, const char* format, va_list arguments, bool warning) {
  char text[sizeof memory.message];
  std::vsnprintf(text, sizeof text, format, arguments);
  if (warning && !std::strstr(text, "IO error") && !std::strstr(text, "ColorMap") &&
      !std::strstr(text, "assum"))
    return;
  if (memory.message[0] == '\0') std::memcpy(memory.message, text, sizeof text);
}

#if TIFFLIB_VERSION >= 20221213  // 4.5: handlers and a bound for each file
int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  keep_message(*static_cast<Memory*>(user), format, arguments, false);
  return 1;
}
int on_warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  keep_message(*static_cast<Memory*>(user), format, arguments, true);
  return 1;
}
TIFF* open_tiff(Memory& memory) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &memory);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &memory);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, limits::kMaxTiffAllocation);
  TIFF* tiff = TIFFClientOpenExt("", "rm", &memory, read_from, write_nothing, seek_to, close_nothing, size_of,
                                 nullptr, nullptr, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}
#else
void on_error(thandle_t handle, const char*, const char* format, va_list arguments) {
  if (handle) keep_message(*static_cast<Memory*>(handle), format, arguments, false);
}
void on_warning(thandle_t handle, const char*, const char* format, va_list arguments) {
  if (handle) keep_message(*static_cast<Memory*>(handle), format, arguments, true);
}
TIFF* open_tiff(Memory& memory) {
  static const bool once = [] {  // for the process: no message of libtiff reaches the terminal
    TIFFSetErrorHandler(nullptr);
    TIFFSetWarningHandler(nullptr);
    TIFFSetErrorHandlerExt(on_error);
    TIFFSetWarningHandlerExt(on_warning);
    return true;
  }();
  static_cast<void>(once);
  return TIFFClientOpen("", "rm", &memory, read_from, write_nothing, seek_to, close_nothing, size_of, nullptr,
                        nullptr);
}
#endif

// What the tags say of the first page.
struct Layout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, photometric = 0, planar = PLANARCONFIG_CONTIG,
                compression = COMPRESSION_NONE, format = SAMPLEFORMAT_UINT, orientation = ORIENTATION_TOPLEFT,
                extra = 0;
  bool associated_alpha = false;  // colours were multiplied by it
  std::array<std::uint16_t*, 3> palette{};

  unsigned colours() const {  // samples of a pixel that mean a colour
    return photometric == PHOTOMETRIC_SEPARATED                                 ? 4
           : photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3
                                                                                : 1;
  }
  bool grey() const { return photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE; }
  bool separate() const { return planar == PLANARCONFIG_SEPARATE && samples > 1; }
};

class Tiff {
 public:
  Tiff(Bytes file, const std::string& name) : name_(name), memory_{file} {
    tiff_ = open_tiff(memory_);
    if (!tiff_) fail();
  }
  ~Tiff() { TIFFClose(tiff_); }
  Tiff(const Tiff&) = delete;
  Tiff& operator=(const Tiff&) = delete;

  Layout layout() const;
  Image decode(const Admit& admit);

 private:
  void read_blocks(const Layout& layout, Image& image);
  void unpack(const Layout& layout, const std::uint8_t* row, std::uint16_t plane, std::uint32_t x,
              std::uint32_t y, std::uint32_t width);
  void read_rgba(const Layout& layout, Image& image);
  std::uint64_t block_bytes() const {
    return static_cast<std::uint64_t>(TIFFIsTiled(tiff_) ? TIFFTileSize64(tiff_) : TIFFStripSize64(tiff_));
  }
  [[noreturn]] void fail() const {
    std::string_view message = memory_.message;
    if (message.starts_with(": ")) message.remove_prefix(2);  // behind the empty name
    throw Error(name_, message.empty() ? "the TIFF cannot be decoded" : std::string(message), kDamagedImage);
  }
  [[noreturn]] void refuse(const std::string& found) const {
    throw Error(name_,
                "expected a TIFF of grey, RGB, palette, CMYK or YCbCr pixels of 1 to 16 bits, found " + found,
                "save it as PNG");
  }

  std::string name_;
  Memory memory_;
  TIFF* tiff_ = nullptr;
  std::vector<std::uint8_t> samples_;  // of the whole picture, 8 bits each
};

Layout Tiff::layout() const {
  Layout found;
  TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &found.width);
  TIFFGetField(tiff_, TIFFTAG_IMAGELENGTH, &found.height);
  check_image_size(found.height, found.width, name_);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_BITSPERSAMPLE, &found.bits);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_SAMPLESPERPIXEL, &found.samples);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_PLANARCONFIG, &found.planar);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_COMPRESSION, &found.compression);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_SAMPLEFORMAT, &found.format);
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_ORIENTATION, &found.orientation);
  TIFFGetField(tiff_, TIFFTAG_PHOTOMETRIC, &found.photometric);
  if (found.compression == COMPRESSION_OJPEG) found.photometric = PHOTOMETRIC_YCBCR;
  std::uint16_t* kinds = nullptr;
  if (TIFFGetField(tiff_, TIFFTAG_EXTRASAMPLES, &found.extra, &kinds) && found.extra > 0)
    found.associated_alpha = kinds[0] == EXTRASAMPLE_ASSOCALPHA && found.samples > found.colours();

  if (found.photometric > PHOTOMETRIC_YCBCR || found.photometric == PHOTOMETRIC_MASK)
    refuse("photometric interpretation " + std::to_string(found.photometric));
  if (found.format != SAMPLEFORMAT_UINT && found.format != SAMPLEFORMAT_VOID)
    refuse(found.format == SAMPLEFORMAT_IEEEFP ? "floating-point numbers" : "signed numbers");
  const bool packed = found.bits == 1 || found.bits == 2 || found.bits == 4;
  const bool few = found.colours() == 1 && found.samples == 1;
  if (!(packed && few) && found.bits != 8 && found.bits != 16) refuse(std::to_string(found.bits) + " bits");
  if (found.samples < found.colours() || found.samples > limits::kMaxTiffSamples)
    refuse(std::to_string(found.samples) + " samples a pixel");
  if (found.photometric == PHOTOMETRIC_PALETTE &&
      (found.bits > 8 ||
       !TIFFGetField(tiff_, TIFFTAG_COLORMAP, &found.palette[0], &found.palette[1], &found.palette[2])))
    refuse("a palette of " + std::to_string(found.bits) + " bits, or none");
  if (!TIFFIsCODECConfigured(found.compression)) refuse("compression " + std::to_string(found.compression));
  return found;
}

std::uint8_t clipped(unsigned value) { return static_cast<std::uint8_t>(std::min(value, 255u)); }

// Pillow's convert('RGB') of YCbCr (ConvertYCbCr.c): the JPEG formulas in steps of 1/64, halves cut towards
// zero.
void ycbcr_to_rgb(const std::uint8_t* in, std::uint8_t* out) {
  const auto part = [](double factor, unsigned value) {
    return static_cast<int>(factor * 64 * (static_cast<double>(value) - 128) + 0.5);
  };
  const auto put = [&](int change) {
    *out++ = static_cast<std::uint8_t>(std::clamp(in[0] + (change >> 6), 0, 255));
  };
  put(part(1.402, in[2]));
  put(part(-0.34414, in[1]) + part(-0.71414, in[2]));
  put(part(1.772, in[1]));
}

// A row of 8-bit samples, pixel by pixel, to grey or RGB.
void convert_row(const Layout& layout, const std::uint8_t* in, std::uint32_t width, std::uint8_t* out) {
  const unsigned samples = layout.samples, colours = layout.colours();
  for (std::uint32_t x = 0; x < width; ++x, in += samples) {
    if (layout.photometric == PHOTOMETRIC_PALETTE) {
      for (unsigned c = 0; c < 3; ++c) *out++ = static_cast<std::uint8_t>(layout.palette[c][in[0]] >> 8);
    } else if (layout.photometric == PHOTOMETRIC_SEPARATED) {
      for (unsigned c = 0; c < 3; ++c) *out++ = cmyk_channel(in[c], in[3]);
    } else if (layout.photometric == PHOTOMETRIC_YCBCR) {
      ycbcr_to_rgb(in, out);
      out += 3;
    } else {
      const unsigned alpha = layout.associated_alpha ? in[colours] : 255u;
      for (unsigned c = 0; c < colours; ++c)
        *out++ = alpha == 255 || alpha == 0 ? static_cast<std::uint8_t>(alpha == 0 ? 0 : in[c])
                                            : clipped(255 * in[c] / alpha);
    }
  }
}

// `width` samples of `bits` bits each to 8 bits: fewer are spread over 0..255, but for numbers of a palette.
void widen(const Layout& layout, const std::uint8_t* row, std::size_t count, std::uint8_t* out,
           std::size_t step) {
  const unsigned bits = layout.bits;
  const unsigned top = bits < 8 ? (1u << bits) - 1 : 255;
  const unsigned spread = layout.grey() ? 255 / top : 1;
  const bool inverted = layout.photometric == PHOTOMETRIC_MINISWHITE;
  for (std::size_t i = 0; i < count; ++i) {
    unsigned value = 0;
    if (bits == 8) {
      value = row[i];
    } else if (bits == 16) {
      std::uint16_t wide = 0;
      std::memcpy(&wide, row + 2 * i, sizeof wide);
      value = wide >> 8;
    } else {
      const std::size_t bit = i * bits;
      value = (row[bit / 8] >> (8 - bits - bit % 8)) & top;
    }
    out[i * step] = static_cast<std::uint8_t>((inverted ? top - value : value) * spread);
  }
}

void Tiff::unpack(const Layout& layout, const std::uint8_t* row, std::uint16_t plane, std::uint32_t x,
                  std::uint32_t y, std::uint32_t width) {
  std::uint8_t* out = samples_.data() + (static_cast<std::size_t>(y) * layout.width + x) * layout.samples;
  if (layout.separate())
    widen(layout, row, width, out + plane, layout.samples);
  else
    widen(layout, row, static_cast<std::size_t>(width) * layout.samples, out, 1);
}

// All strips or tiles of all planes.
void Tiff::read_blocks(const Layout& layout, Image& image) {
  const bool tiled = TIFFIsTiled(tiff_) != 0;
  std::uint32_t block_width = layout.width, block_height = layout.height;
  if (tiled) {
    TIFFGetField(tiff_, TIFFTAG_TILEWIDTH, &block_width);
    TIFFGetField(tiff_, TIFFTAG_TILELENGTH, &block_height);
  } else {
    TIFFGetFieldDefaulted(tiff_, TIFFTAG_ROWSPERSTRIP, &block_height);
  }
  if (block_width == 0 || block_height == 0) fail();
  if (!tiled) block_height = std::min(block_height, layout.height);
  const auto row_bytes =
      static_cast<std::size_t>(tiled ? TIFFTileRowSize64(tiff_) : TIFFScanlineSize64(tiff_));
  std::vector<std::uint8_t> block(static_cast<std::size_t>(block_bytes()));
  samples_.assign(static_cast<std::size_t>(layout.width) * layout.height * layout.samples, 0);
  const std::uint16_t planes =
      layout.separate() ? static_cast<std::uint16_t>(layout.colours() + (layout.associated_alpha ? 1 : 0))
                        : std::uint16_t{1};
  for (std::uint16_t plane = 0; plane < planes; ++plane)
    for (std::uint32_t y = 0; y < layout.height; y += std::min(block_height, layout.height - y))
      for (std::uint32_t x = 0; x < layout.width; x += std::min(block_width, layout.width - x)) {
        const std::uint32_t rows = std::min(block_height, layout.height - y);
        const std::uint32_t columns = std::min(block_width, layout.width - x);
        const auto size = static_cast<tmsize_t>(block.size());
        const tmsize_t got =
            tiled ? TIFFReadEncodedTile(tiff_, TIFFComputeTile(tiff_, x, y, 0, plane), block.data(), size)
                  : TIFFReadEncodedStrip(tiff_, TIFFComputeStrip(tiff_, y, plane), block.data(), size);
        if (got < 0 || static_cast<std::size_t>(got) < row_bytes * rows) fail();
        for (std::uint32_t row = 0; row < rows; ++row)
          unpack(layout, block.data() + row * row_bytes, plane, x, y + row, columns);
      }
  const std::size_t out_row =
      static_cast<std::size_t>(layout.width) * static_cast<std::size_t>(image.channels);
  for (std::size_t y = 0; y < layout.height; ++y)
    convert_row(layout, samples_.data() + y * layout.width * layout.samples, layout.width,
                image.pixels.data() + y * out_row);
  samples_ = {};
}

// libtiff's own conversion, which puts subsampled YCbCr together.
void Tiff::read_rgba(const Layout& layout, Image& image) {
  std::vector<std::uint32_t> packed(static_cast<std::size_t>(layout.width) * layout.height);
  TIFFSetField(tiff_, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // turned below
  if (!TIFFReadRGBAImageOriented(tiff_, layout.width, layout.height, packed.data(), ORIENTATION_TOPLEFT, 1))
    fail();
  std::uint8_t* out = image.pixels.data();
  for (const std::uint32_t pixel : packed) {
    *out++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
  }
}

Image Tiff::decode(const Admit& admit) {
  Layout found = layout();
  if (found.photometric == PHOTOMETRIC_YCBCR && found.compression == COMPRESSION_JPEG && !found.separate()) {
    TIFFSetField(tiff_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    found.photometric = PHOTOMETRIC_RGB;
  }
  std::uint16_t across = 2, down = 2;
  TIFFGetFieldDefaulted(tiff_, TIFFTAG_YCBCRSUBSAMPLING, &across, &down);
  const bool whole = found.compression == COMPRESSION_NONE && found.bits == 8 && across == 1 && down == 1 &&
                     !found.separate();
  const bool by_libtiff = found.photometric == PHOTOMETRIC_YCBCR && !whole;
  const std::uint64_t pixels = std::uint64_t{found.width} * found.height;
  // A tile may be larger than a small picture, but not out of proportion: libtiff takes all of it.
  constexpr std::uint64_t kSmallBlock = 16 << 20;
  if (block_bytes() > kSmallBlock && block_bytes() / 16 > pixels * found.samples)
    refuse("strips or tiles of " + std::to_string(block_bytes()) + " bytes");
  const std::uint64_t working = pixels * (by_libtiff ? 4u : found.samples) + block_bytes();
  Image image = make_image(found.height, found.width, found.grey() ? 1 : 3, name_, admit, working);
  if (by_libtiff)
    read_rgba(found, image);
  else
    read_blocks(found, image);
  if (memory_.message[0]) fail();
  image.alpha_dropped = found.samples > found.colours() &&
                        (found.extra == 0 || found.associated_alpha || found.samples == found.colours() + 1);
  image.deep_grey = found.grey() && found.bits == 16;
  image.first_of_many = TIFFLastDirectory(tiff_) == 0;
  return upright(std::move(image), found.orientation);
}

}  // namespace

Image decode_tiff(Bytes file, const std::string& name, const Admit& admit) {
  return Tiff(file, name).decode(admit);
}

}  // namespace gdd
