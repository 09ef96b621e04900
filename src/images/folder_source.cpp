#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/small_file.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/image_file.h"
#include "images/image_names.h"
#include "images/run_settings.h"
#include "images/seed_names.h"
#include "images/sources.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

class FolderSource : public ImageSource {
 public:
  FolderSource(const std::string& path, ImageNames names) : ImageSource(path), names_(names.finish(path)) {
    set_left_out(names.left_out());
  }

  using ImageSource::read;
  std::int64_t size() const override { return static_cast<std::int64_t>(names_.size()); }
  std::string name(std::int64_t index) const override { return names_.at(static_cast<std::size_t>(index)); }
  Image read(std::int64_t index, const Admit& admit) const override {
    const std::string file = file_path(index);
    return decode_image(ImageFile(file).bytes(), file, admit);
  }
  void visit_stored(std::int64_t index, const std::function<void(Bytes)>& visit) const override {
    visit(ImageFile(file_path(index)).bytes());
  }
  Labels labels() const override {
    const std::string file = (fs::path(path()) / kLabelFile).string();
    const auto json = read_small_file(file, limits::kMaxLabelFile);
    return json ? read_label_file(as_bytes(*json), file, names_) : labels_of_folders(names_);
  }

 private:
  std::string file_path(std::int64_t index) const { return (fs::path(path()) / name(index)).string(); }

  std::vector<std::string> names_;
};

// Goes over a folder and all below it, links to folders too. Each folder is entered once, whatever leads to
// it, so that links in a ring end; real folders come before links, so that the names do not depend on the
// order of a listing.
class Walk {
 public:
  explicit Walk(const std::string& root) : root_(root) {
    look_above();
    enter("");
    while (!folders_.empty() || !links_.empty()) {
      std::set<std::string>& next = folders_.empty() ? links_ : folders_;
      enter(next.extract(next.begin()).value());
    }
  }
  ImageNames take() { return std::move(names_); }

 private:
  void add_run(const std::string& folder, const std::string& records) {
    names_.add_run(folder.empty() ? "" : folder + "/",
                   read_small_file(records + "/settings", limits::kMaxRunSettingsBytes).value_or(""));
  }
  // The folder that was named may be one of a run's, which keep a thousand images each.
  void look_above() {
    std::error_code error;
    const fs::path whole = fs::canonical(root_, error);
    const std::string name = whole.filename().string();
    if (error || !is_seed_number(name)) return;
    if (const auto settings = read_small_file((whole.parent_path() / kRunRecords / "settings").string(),
                                              limits::kMaxRunSettingsBytes))
      names_.add_run("", *settings, name + "/");
  }
  void enter(const std::string& folder) {
    const std::string path = folder.empty() ? root_ : (fs::path(root_) / folder).string();
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 && !entered_.emplace(info.st_dev, info.st_ino).second)
      return names_.leave_out_folder("link|s to a folder that is counted already");
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      const std::string file = entry.path().filename().string();
      const std::string name = folder.empty() ? file : folder + "/" + file;
      std::error_code ignored;
      if (!entry.is_directory(ignored))
        names_.add(name);
      else if (file == kRunRecords)
        add_run(folder, entry.path().string());
      else if (names_.enters(name))
        (entry.is_symlink(ignored) ? links_ : folders_).insert(name);
    }
  }

  std::string root_;
  ImageNames names_;
  std::set<std::string> folders_, links_;  // still to be entered, relative to the root
  std::set<std::pair<dev_t, ino_t>> entered_;
};

}  // namespace

std::unique_ptr<ImageSource> open_folder_source(const std::string& path) {
  try {
    return std::make_unique<FolderSource>(path, Walk(path).take());
  } catch (const fs::filesystem_error& error) {
    throw Error(error.path1().empty() ? path : error.path1().string(),
                "cannot list the folder: " + error.code().message());
  }
}

}  // namespace gdd
