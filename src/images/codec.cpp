#include "images/codec.h"

#include <string_view>

#include "base/limits.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

using namespace std::string_view_literals;

bool looks_like_png(Bytes start) { return as_text(start).starts_with("\x89PNG\r\n\x1a\n"sv); }
bool looks_like_jpeg(Bytes start) { return as_text(start).starts_with("\xff\xd8\xff"sv); }

}  // namespace

bool looks_like_image(Bytes start_of_file) {
  return looks_like_png(start_of_file) || looks_like_jpeg(start_of_file);
}

Image decode_image(Bytes file, const std::string& name) {
  if (looks_like_png(file)) return decode_png(file, name);
  if (looks_like_jpeg(file)) return decode_jpeg(file, name);
  throw Error(name, "expected a PNG or JPEG image, found another file format");
}

Image make_image(std::uint64_t height, std::uint64_t width, int channels, const std::string& name) {
  const std::uint64_t side = limits::kMaxImageSide;
  if (height == 0 || width == 0 || height > side || width > side || height * width > limits::kMaxImagePixels)
    throw Error(name, "expected an image of 1 to " + std::to_string(side) + " pixels a side and at most " +
                          std::to_string(limits::kMaxImagePixels) + " in all, found " +
                          std::to_string(width) + "x" + std::to_string(height));
  Image image{static_cast<int>(height), static_cast<int>(width), channels, {}};
  image.pixels.resize(static_cast<std::size_t>(height * width) * static_cast<std::size_t>(channels));
  return image;
}

}  // namespace gdd
