#include <filesystem>
#include <utility>

#include "base/mapped_file.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/image_names.h"
#include "images/sources.h"

namespace gdd {
namespace {

class FolderSource : public ImageSource {
 public:
  FolderSource(const std::string& path, std::vector<std::string> names)
      : ImageSource(path), names_(std::move(names)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(names_.size()); }
  std::string name(std::int64_t index) const override { return names_.at(static_cast<std::size_t>(index)); }
  Image read(std::int64_t index) const override {
    const MappedFile file(file_path(index));
    return decode_image(file.bytes(), file.path());
  }
  std::vector<std::byte> stored_bytes(std::int64_t index) const override {
    const MappedFile file(file_path(index));
    return {file.bytes().begin(), file.bytes().end()};
  }

 private:
  std::string file_path(std::int64_t index) const {
    return (std::filesystem::path(path()) / name(index)).string();
  }

  std::vector<std::string> names_;
};

}  // namespace

// Like os.walk in EDM's dataset.py: linked files count, linked folders are not entered.
std::unique_ptr<ImageSource> open_folder_source(const std::string& path) {
  ImageNames names;
  const std::size_t prefix = (std::filesystem::path(path) / "").string().size();
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (!entry.is_directory()) names.add(entry.path().string().substr(prefix));
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(error.path1().empty() ? path : error.path1().string(),
                "cannot list the folder: " + error.code().message());
  }
  return std::make_unique<FolderSource>(path, names.finish(path));
}

}  // namespace gdd
