// giflib. The first frame, on a canvas of its transparent colour, or of colour 0 (Pillow's GifImagePlugin).
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

int read_from(GifFileType* gif, GifByteType* out, int count) {
  auto* rest = static_cast<Bytes*>(gif->UserData);
  const std::size_t taken = std::min(static_cast<std::size_t>(std::max(count, 0)), rest->size());
  if (taken > 0) std::memcpy(out, rest->data(), taken);
  *rest = rest->subspan(taken);
  return static_cast<int>(taken);
}

class Gif {
 public:
  Gif(Bytes file, const std::string& name) : rest_(file), name_(name) {
    int error = 0;
    gif_ = DGifOpen(&rest_, read_from, &error);
    if (!gif_) fail(error);
  }
  ~Gif() {
    int ignored = 0;
    DGifCloseFile(gif_, &ignored);
  }
  Gif(const Gif&) = delete;
  Gif& operator=(const Gif&) = delete;

  GifFileType* operator->() const { return gif_; }

  // Goes to the first frame and gives the transparent colour that stands before it.
  std::optional<int> find_frame() {
    std::optional<int> transparent;
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      check(DGifGetRecordType(gif_, &type));
      if (type == IMAGE_DESC_RECORD_TYPE) {
        check(DGifGetImageDesc(gif_));
        return transparent;
      }
      if (type != EXTENSION_RECORD_TYPE) throw Error(name_, "no GIF frame can be found", kDamagedImage);
      read_extension(transparent);
    }
  }

  // Whether anything but extensions lies between the frame that was read and the end.
  bool has_more() {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    std::optional<int> ignored;
    while (DGifGetRecordType(gif_, &type) == GIF_OK && type == EXTENSION_RECORD_TYPE) read_extension(ignored);
    return type == IMAGE_DESC_RECORD_TYPE;
  }

  void read_row(GifPixelType* row, int width) { check(DGifGetLine(gif_, row, width)); }

 private:
  void read_extension(std::optional<int>& transparent) {
    int code = 0;
    GifByteType* block = nullptr;
    check(DGifGetExtension(gif_, &code, &block));
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && block &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK &&
        control.TransparentColor != NO_TRANSPARENT_COLOR)
      transparent = control.TransparentColor;
    while (block) check(DGifGetExtensionNext(gif_, &block));
  }
  void check(int status) const {
    if (status != GIF_OK) fail(gif_->Error);
  }
  [[noreturn]] void fail(int error) const {
    const char* text = GifErrorString(error);
    throw Error(name_, text ? text : "the GIF cannot be decoded", kDamagedImage);
  }

  Bytes rest_;
  std::string name_;
  GifFileType* gif_ = nullptr;
};

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

// Without a table a value is a grey level; a value beyond the table is black.
std::vector<Colour> colours_of(const ColorMapObject* table) {
  std::vector<Colour> colours(256);
  for (int i = 0; i < 256; ++i) {
    Colour& colour = colours[static_cast<std::size_t>(i)];
    if (!table)
      colour.red = colour.green = colour.blue = static_cast<std::uint8_t>(i);
    else if (i < table->ColorCount)
      colour = {table->Colors[i].Red, table->Colors[i].Green, table->Colors[i].Blue};
  }
  return colours;
}

// The row of the picture that the n-th stored row is. Interlaced rows come in four passes.
class RowOrder {
 public:
  RowOrder(int height, bool interlaced)
      : height_(height), step_(interlaced ? 8 : 1), interlaced_(interlaced) {}
  int next() {
    const int row = row_;
    row_ += step_;
    while (interlaced_ && row_ >= height_ && pass_ < 3) {
      ++pass_;
      constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
      row_ = kFirst[pass_];
      step_ = kStep[pass_];
    }
    return row;
  }

 private:
  int height_, step_, row_ = 0, pass_ = 0;
  bool interlaced_;
};

}  // namespace

Image decode_gif(Bytes file, const std::string& name, const Admit& admit) {
  Gif gif(file, name);
  const std::optional<int> transparent = gif.find_frame();
  const GifImageDesc frame = gif->Image;
  if (frame.Width < 1 || frame.Height < 1) throw Error(name, "the GIF frame has no pixels", kDamagedImage);
  const int width = std::max(gif->SWidth, frame.Left + frame.Width);
  const int height = std::max(gif->SHeight, frame.Top + frame.Height);
  Image image =
      make_image(static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width), 3, name, admit);
  image.alpha_dropped = transparent.has_value();
  const std::vector<Colour> colours = colours_of(frame.ColorMap ? frame.ColorMap : gif->SColorMap);
  const auto put = [&](std::size_t pixel, const Colour& colour) {
    image.pixels[3 * pixel] = colour.red;
    image.pixels[3 * pixel + 1] = colour.green;
    image.pixels[3 * pixel + 2] = colour.blue;
  };
  const std::size_t pixels = image.pixels.size() / 3;
  if (frame.Width < width || frame.Height < height)
    for (std::size_t i = 0; i < pixels; ++i)
      put(i, colours[static_cast<std::size_t>(transparent.value_or(0))]);
  std::vector<GifPixelType> row(static_cast<std::size_t>(frame.Width));
  RowOrder order(frame.Height, frame.Interlace);
  for (int i = 0; i < frame.Height; ++i) {
    gif.read_row(row.data(), frame.Width);
    const auto start = static_cast<std::size_t>(frame.Top + order.next()) * static_cast<std::size_t>(width) +
                       static_cast<std::size_t>(frame.Left);
    for (std::size_t x = 0; x < row.size(); ++x) put(start + x, colours[row[x]]);
  }
  image.first_of_many = gif.has_more();
  return image;
}

}  // namespace gdd
