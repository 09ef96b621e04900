#include "generation/seed_pictures.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/atomic_file.h"
#include "base/small_file.h"
#include "gdd/error.h"
#include "generation/generated_batches.h"
#include "images/codec.h"
#include "images/thumbnail.h"

namespace gdd {
namespace {

constexpr const char* kFolder = "thumbnails";
constexpr std::uint64_t kLargest = 1u << 16;  // bytes of 64 x 64 pixels, packed or not

// Nothing: not there, or not what this program keeps.
std::optional<std::vector<std::byte>> read_picture(const std::string& path) {
  try {
    const auto kept = read_small_file(path, kLargest);
    if (!kept) return std::nullopt;
    const Bytes bytes = as_bytes(*kept);
    const Image image = decode_image(bytes, path, [&](std::uint64_t size) {
      if (size > kLargest) throw Error(path, "expected a small picture");
    });
    if (encode_png(image) != std::vector<std::byte>(bytes.begin(), bytes.end())) return std::nullopt;
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  } catch (const Error&) {
    return std::nullopt;
  }
}

// A picture that cannot be kept is made again when it is wanted.
void keep_picture(const std::string& path, const std::vector<std::byte>& png) {
  try {
    write_file_atomically(path, png);
  } catch (const Error&) {
  }
}

}  // namespace

SeedPictures::SeedPictures(const Network& network, const GenerateOptions& options, const std::string& records,
                           Observer& observer)
    : network_(network),
      options_(options),
      folder_((std::filesystem::path(records) / kFolder).string()),
      observer_(observer) {}

// By a name that no tool takes for one of the images.
std::string SeedPictures::path(std::int64_t position) const {
  return (std::filesystem::path(folder_) / std::to_string(seed_at(position))).string();
}

void SeedPictures::keep_first(const ImageBatch& batch, std::int64_t count) const {
  for (std::int64_t i = 0; i < batch.size() && batch.first + i < count; ++i)
    keep_picture(path(batch.first + i), encode_png(thumbnail(batch.image(i))));
}

std::vector<std::byte> SeedPictures::make(std::int64_t position) const {
  GenerateOptions alone = options_;
  alone.seeds = {seed_at(position)};
  alone.ahead = 0;
  const std::int64_t label_dim = network_.info().label_dim;
  if (label_dim > 0)
    if (const auto label = class_at(options_, position, label_dim)) alone.classes = {*label};
  GeneratedBatches batches(network_, alone, every_batch(1));
  return encode_png(thumbnail(batches.make(0).image(0)));
}

std::vector<Picture> SeedPictures::pictures(const std::vector<std::int64_t>& positions) const {
  std::vector<Picture> found;
  for (const std::int64_t position : positions) {
    std::optional<std::vector<std::byte>> png = read_picture(path(position));
    if (!png) {
      if (observer_.stop()) throw Stopped();
      png = make(position);
      keep_picture(path(position), *png);
    }
    found.push_back({"seed " + std::to_string(seed_at(position)), "", std::move(*png)});
    observer_.progress("pictures", "images", std::ssize(found), std::ssize(positions));
  }
  return found;
}

}  // namespace gdd
