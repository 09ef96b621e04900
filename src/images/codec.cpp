#include "images/codec.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/file_kind.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

using namespace std::string_view_literals;

bool is_png(std::string_view start) { return start.starts_with("\x89PNG\r\n\x1a\n"sv); }
bool is_jpeg(std::string_view start) { return start.starts_with("\xff\xd8\xff"sv); }
bool is_webp(std::string_view start) {
  return start.starts_with("RIFF"sv) && start.size() >= 12 && start.substr(8, 4) == "WEBP"sv;
}
bool is_tiff(std::string_view start) {
  constexpr std::string_view kMagics[] = {"II*\0"sv, "MM\0*"sv, "II+\0"sv,
                                          "MM\0+"sv};  // the last two: BigTIFF
  return std::ranges::any_of(kMagics, [&](std::string_view magic) { return start.starts_with(magic); });
}
bool is_gif(std::string_view start) { return start.starts_with("GIF87a"sv) || start.starts_with("GIF89a"sv); }
// Two letters are little: the size of the header behind must be one of those that exist.
bool is_bmp(std::string_view start) {
  return start.starts_with("BM"sv) && start.size() >= 18 && start.substr(15, 3) == "\0\0\0"sv &&
         "\x0c\x28\x34\x38\x40\x6c\x7c"sv.find(start[14]) != std::string_view::npos;
}
bool is_pnm(std::string_view start) {
  return start.size() >= 3 && start[0] == 'P' && start[1] >= '1' && start[1] <= '6' &&
         " \t\r\n#"sv.find(start[2]) != std::string_view::npos;
}

struct Format {
  const char* name;
  bool (*recognise)(std::string_view start);
  Image (*decode)(Bytes file, const std::string& name, const Admit& admit);
};

constexpr Format kFormats[] = {
    {"PNG", is_png, decode_png},    {"JPEG", is_jpeg, decode_jpeg}, {"WebP", is_webp, decode_webp},
    {"TIFF", is_tiff, decode_tiff}, {"GIF", is_gif, decode_gif},    {"BMP", is_bmp, decode_bmp},
    {"PPM", is_pnm, decode_pnm},
};

const Format* find_format(Bytes file) {
  const std::string_view start = as_text(file.first(std::min<std::size_t>(file.size(), 32)));
  const auto* found =
      std::ranges::find_if(kFormats, [&](const Format& format) { return format.recognise(start); });
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace

bool looks_like_image(Bytes start_of_file) { return find_format(start_of_file) != nullptr; }

std::string image_formats() {
  std::string names;
  for (const Format& format : kFormats) names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

Image decode_image(Bytes file, const std::string& name, const Admit& admit) {
  if (const Format* format = find_format(file)) return format->decode(file, name, admit);
  const auto kind = recognise_kind(file);
  throw Error(name,
              "expected an image (" + image_formats() + "), found " +
                  (kind ? kind->name : std::string("another file format")),
              kind ? kind->remedy : "");
}

void check_image_size(std::uint64_t height, std::uint64_t width, const std::string& name) {
  const std::uint64_t side = limits::kMaxImageSide;
  if (height == 0 || width == 0 || height > side || width > side || height * width > limits::kMaxImagePixels)
    throw Error(name, "expected an image of 1 to " + std::to_string(side) + " pixels a side and at most " +
                          std::to_string(limits::kMaxImagePixels) + " in all, found " +
                          std::to_string(width) + "x" + std::to_string(height));
}

void check_image_file_size(std::uint64_t bytes, const std::string& name) {
  if (bytes > limits::kMaxImageFile)
    throw Error(name, "an image file of " + memory_text(static_cast<double>(bytes)) +
                          " is larger than any image that is read");
}

Image make_image(std::uint64_t height, std::uint64_t width, int channels, const std::string& name,
                 const Admit& admit, std::uint64_t working_bytes) {
  check_image_size(height, width, name);
  const std::uint64_t bytes = height * width * static_cast<std::uint64_t>(channels);
  require_memory(name, "an image of " + std::to_string(width) + "x" + std::to_string(height),
                 static_cast<double>(bytes + working_bytes));
  if (admit) admit(bytes + working_bytes);
  Image image{static_cast<int>(height), static_cast<int>(width), channels, {}};
  image.pixels.resize(static_cast<std::size_t>(bytes));
  return image;
}

}  // namespace gdd
