#include "cli/file_roles.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/atomic_file.h"
#include "gdd/error.h"
#include "images/image_names.h"
#include "images/run_settings.h"

namespace gdd {
namespace {

using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> regular_file(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  return FileId{file.st_dev, file.st_ino};
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// FILE of FILE:KEY, where the whole is no file.
std::string without_key(const std::string& path) {
  std::error_code error;
  const std::size_t colon = path.rfind(':');
  return colon == std::string::npos || std::filesystem::exists(path, error) ? path : path.substr(0, colon);
}

// One spelling for a file that is not there yet.
std::string full_name(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);  // else a bare name stays one
  const std::filesystem::path name = std::filesystem::weakly_canonical(whole, error);
  return (error ? whole : name).lexically_normal().string();
}

// What a run remembers of itself is no place for anything else.
bool lies_in_run_records(const std::string& path) {
  const std::filesystem::path name = full_name(path);
  return std::find(name.begin(), name.end(), kRunRecords) != name.end();
}

bool lies_in(const std::string& name, const std::string& folder) {
  return name.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

bool same_file(const std::string& a, const std::string& b) {
  const auto id = regular_file(a);
  return id ? id == regular_file(b) : full_name(a) == full_name(b);
}

[[noreturn]] void refuse(const std::string& flag, const std::string& path, const std::string& what) {
  throw Error::usage(flag, "'" + path + "' is " + what, "name another file");
}

}  // namespace

void FileRoles::input(const std::string& flag, const std::string& path) {
  if (!path.empty()) inputs_.push_back({flag, without_key(path)});
}

void FileRoles::output(const std::string& flag, const std::string& path) {
  if (!path.empty()) outputs_.push_back({flag, path});
}

void FileRoles::check() const {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const auto& [flag, path] = outputs_[i];
    if (lies_in_run_records(path)) refuse(flag, path, "in .gdd-run, where gdd-sample remembers its run");
    std::error_code error;
    // What is no regular file is written through, so two outputs may share it.
    if (std::filesystem::exists(path, error) && !regular_file(path)) continue;
    for (const Role& input : inputs_) {
      if (same_file(path, input.path)) refuse(flag, path, "also read (" + input.flag + ")");
      // Reports that were written into a folder of pictures before may be written again.
      if (is_folder(input.path) && has_readable_ending(path) && regular_file(path) &&
          lies_in(full_name(path), full_name(input.path)))
        refuse(flag, path, "one of the images that are read (" + input.flag + ")");
    }
    for (std::size_t j = 0; j < i; ++j)
      if (same_file(path, outputs_[j].path)) refuse(flag, path, "also written by " + outputs_[j].flag);
  }
  for (const Role& output : outputs_) try_output(output.path);
}

}  // namespace gdd
