#include "base/file_kind.h"

#include <algorithm>
#include <string_view>

namespace gdd {
namespace {

using namespace std::string_view_literals;

constexpr const char* kUnpack = "unpack it first";
constexpr const char* kFetch = "the download failed: fetch the file again";
constexpr const char* kWeights = "those are weights, not data: gdd-sample makes images of a network";
constexpr const char* kConvert = "convert it to images, or to an npz with numpy.savez";

constexpr const char* kToPng = "convert it to PNG";

struct Known {
  std::string_view start;
  std::size_t offset;
  const char* name;
  const char* remedy;
};

constexpr Known kKnown[] = {
    {"version https://git-lfs"sv, 0, "a git-lfs pointer", "fetch the file itself (git lfs pull)"},
    {"\x1f\x8b"sv, 0, "a gzip file", kUnpack},
    {"BZh"sv, 0, "a bzip2 file", kUnpack},
    {"\xfd"
     "7zXZ"sv,
     0, "an xz file", kUnpack},
    {"\x28\xb5\x2f\xfd"sv, 0, "a zstd file", kUnpack},
    {"7z\xbc\xaf\x27\x1c"sv, 0, "a 7z archive", kUnpack},
    {"Rar!\x1a"sv, 0, "a rar archive", kUnpack},
    {"ustar"sv, 257, "a tar archive", "unpack it and name the folder"},
    {"\x93NUMPY"sv, 0, "a single array (.npy)",
     "save it by name: numpy.savez(FILE, arr_0=images) or numpy.savez(FILE, features=rows)"},
    {"\x89HDF\r\n"sv, 0, "an HDF5 file", kConvert},
    {"MATLAB "sv, 0, "a MATLAB file", kConvert},
    {"PAR1"sv, 0, "a parquet file", kConvert},
    {"ARROW1"sv, 0, "an arrow file", kConvert},
    {"SQLite format"sv, 0, "a database", kConvert},
    {"ftypavif"sv, 4, "an AVIF image", kToPng},
    {"ftypavis"sv, 4, "an AVIF image", kToPng},
    {"ftyphei"sv, 4, "a HEIC image", kToPng},
    {"ftypmif1"sv, 4, "a HEIC image", kToPng},
    {"\0\0\0\x0cjP  "sv, 0, "a JPEG 2000 image", kToPng},
    {"\xff\x0a"sv, 0, "a JPEG XL image", kToPng},
    {"8BPS"sv, 0, "a Photoshop image", kToPng},
    {"v/1\x01"sv, 0, "an OpenEXR image", kToPng},
    {"ftyp"sv, 4, "a film", "take its images out"},
    {"%PDF-"sv, 0, "a PDF", kConvert},
    {"\x7f"
     "ELF"sv,
     0, "a program", "check the name"},
    {"{\""sv, 8, "a safetensors file", kWeights},
    {"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20"sv, 0, "a torch file (state dict or network)", kWeights},
    {"(dp"sv, 0, "a pickle of protocol 0", "save it again with protocol 2 or later"},
};

// Mostly ASCII, without a control character.
bool is_text(std::string_view text) {
  const auto ascii = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  if (4 * ascii < 3 * std::ssize(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

std::optional<FileKind> recognise_kind(Bytes file) {
  const std::string_view start = as_text(file.first(std::min<std::size_t>(file.size(), 512)));
  for (const Known& known : kKnown)
    if (start.size() > known.offset && start.substr(known.offset).starts_with(known.start))
      return FileKind{known.name, known.remedy};
  if (start.empty()) return std::nullopt;
  if (start.find_first_not_of('\0') == std::string_view::npos) return FileKind{"zeros", kFetch};
  std::string_view text = start;
  if (text.starts_with("\xef\xbb\xbf"sv)) text.remove_prefix(3);
  if (!is_text(text)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with('<')) return FileKind{"a web page", kFetch};
  return FileKind{"a text", "check the name, and that the download did not fail"};
}

}  // namespace gdd
