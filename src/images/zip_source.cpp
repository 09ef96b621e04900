#include <string_view>
#include <utility>

#include "archive/zip.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/decoders.h"
#include "images/image_names.h"
#include "images/run_settings.h"
#include "images/sources.h"

namespace gdd {
namespace {

class ZipSource : public ImageSource {
 public:
  explicit ZipSource(const std::string& path) : ImageSource(path), zip_(path) {
    ImageNames names;
    const std::string settings = std::string(kRunRecords) + "/settings";
    for (const ZipReader::Entry& entry : zip_.entries()) {
      names.add(entry.name);
      const std::string_view name = entry.name;
      if (!name.ends_with(settings) || entry.size > limits::kMaxRunSettingsBytes) continue;
      const std::string_view folder = name.substr(0, name.size() - settings.size());
      if (folder.empty() || folder.ends_with('/'))
        names.add_run(std::string(folder), std::string(as_text(zip_.read(entry.name))));
    }
    names_ = names.finish(path);
    set_left_out(names.left_out());
  }

  using ImageSource::read;
  std::int64_t size() const override { return static_cast<std::int64_t>(names_.size()); }
  std::string name(std::int64_t index) const override { return names_.at(static_cast<std::size_t>(index)); }
  Image read(std::int64_t index, const Admit& admit) const override {
    const std::string entry = name(index);
    check_size(entry, admit);
    return decode_image(zip_.read(entry), path() + ":" + entry, admit);
  }
  void visit_stored(std::int64_t index, const std::function<void(Bytes)>& visit) const override {
    check_size(name(index), {});
    visit(zip_.read(name(index)));
  }
  Labels labels() const override {
    const ZipReader::Entry* const entry = zip_.find(kLabelFile);
    if (!entry) return labels_of_folders(names_);
    const std::string where = path() + ":" + kLabelFile;
    if (entry->size > limits::kMaxLabelFile)
      throw Error(where, "expected at most " + std::to_string(limits::kMaxLabelFile) + " bytes, found " +
                             std::to_string(entry->size));
    require_memory(where, "the labels of its images", static_cast<double>(entry->size));
    return read_label_file(zip_.read(kLabelFile), where, names_);
  }

 private:
  // Of an entry, which is unpacked as a whole: a few kilobytes can be gigabytes.
  void check_size(const std::string& entry, const Admit& admit) const {
    const ZipReader::Entry* found = zip_.find(entry);
    const std::uint64_t size = found ? found->size : 0;
    const std::string where = path() + ":" + entry;
    check_image_file_size(size, where);
    require_memory(where, "the unpacked image file", static_cast<double>(size));
    if (admit) admit(size);
  }

  ZipReader zip_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<ImageSource> open_zip_source(const std::string& path) {
  return std::make_unique<ZipSource>(path);
}

}  // namespace gdd
