#include <utility>

#include "archive/zip.h"
#include "images/codec.h"
#include "images/image_names.h"
#include "images/sources.h"

namespace gdd {
namespace {

class ZipSource : public ImageSource {
 public:
  explicit ZipSource(const std::string& path) : ImageSource(path), zip_(path) {
    ImageNames names;
    for (const ZipReader::Entry& entry : zip_.entries())
      if (!entry.name.starts_with("__MACOSX/")) names.add(entry.name);  // macOS' own notes on each file
    names_ = names.finish(path);
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(names_.size()); }
  std::string name(std::int64_t index) const override { return names_.at(static_cast<std::size_t>(index)); }
  Image read(std::int64_t index) const override {
    const std::string entry = name(index);
    return decode_image(zip_.read(entry), path() + ":" + entry);
  }
  std::vector<std::byte> stored_bytes(std::int64_t index) const override { return zip_.read(name(index)); }

 private:
  ZipReader zip_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<ImageSource> open_zip_source(const std::string& path) {
  return std::make_unique<ZipSource>(path);
}

}  // namespace gdd
