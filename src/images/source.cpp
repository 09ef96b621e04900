#include "images/source.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "archive/zip.h"
#include "base/mapped_file.h"
#include "base/numpy_random.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/image_names.h"
#include "images/sources.h"

namespace gdd {

std::unique_ptr<ImageSource> open_image_source(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open_folder_source(path);
  const MappedFile file(path);
  if (looks_like_image(file.bytes()))
    throw Error(path, "expected a folder, zip or npz of images, found one image", "name the folder it is in");
  if (!looks_like_zip(file.bytes()))
    throw Error(path, "expected a folder, zip or npz of images, found another file format");
  return holds_arrays(ZipReader(file.bytes(), path)) ? open_npz_source(path) : open_zip_source(path);
}

bool holds_arrays(const ZipReader& zip) {
  const auto ends_as_array = [](const ZipReader::Entry& entry) { return entry.name.ends_with(".npy"); };
  const auto ends_as_picture = [](const ZipReader::Entry& entry) { return has_picture_ending(entry.name); };
  return std::ranges::any_of(zip.entries(), ends_as_array) &&
         std::ranges::none_of(zip.entries(), ends_as_picture);
}

std::vector<std::int64_t> select_subset(std::int64_t total, std::int64_t count, std::uint32_t seed) {
  if (count < 1 || count > total)
    throw Error("subset of images",
                "expected at least " + std::to_string(count) + " images, found " + std::to_string(total),
                "ask for 1 to " + std::to_string(total) + " of them, or give more");
  std::vector<std::int64_t> indices(static_cast<std::size_t>(total));
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  if (count == total) return indices;
  NumpyRandomState(seed & 0x7fffffffu).shuffle(indices);
  indices.resize(static_cast<std::size_t>(count));
  std::sort(indices.begin(), indices.end());
  return indices;
}

}  // namespace gdd
