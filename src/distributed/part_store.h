// A folder of finished parts of one plan, which may be killed at any moment: `settings`, everything that the
// bytes depend on; a record for each finished part, which carries the plan and the SHA-256 of the part's
// files; and a lock. A part is whole when its record is there, of these settings, and every file still has
// its hash; anything else is made again. Parts may be kept in any order, and from several processes that
// share the folder: all must have the same settings, and as long as one of them lives no others can begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "images/run_settings.h"

namespace gdd {

class PartStore {
 public:
  // One file of a part.
  struct File {
    std::string sha256;
    std::string note = "-";  // a word about it: an image's label
  };

  // `owner` is the folder that messages name, and `folder` where the store stands, in it. `holds_work`:
  // whether something else than records binds the folder to its settings (images of a run that was killed in
  // its first part). `leftovers` removes half-written files that a killed process left in `owner`; called
  // where no other lives. Usage error, naming setting, expected and found: the folder holds parts of other
  // settings, or other settings are at work in it. Error: the folder cannot be made or written; what stands
  // in it is not what this program writes.
  PartStore(std::string owner, std::string folder, const RunSettings& settings,
            const std::function<bool()>& holds_work = {}, const std::function<void()>& leftovers = {});

  // The files of part `name`, `count` of them, as they were kept; nothing: there is no such record, or it is
  // of another plan. Whether the files are whole is for is_whole().
  std::optional<std::vector<File>> files(const std::string& name, std::size_t count) const {
    return read_files(folder_, plan_, name, count);
  }
  // After the part's files: the record makes them count. `flushed`: not before it is on the disk.
  void keep(const std::string& name, const std::vector<File>& files, bool flushed = true) const;
  // Removes the record, and so the part.
  void forget(const std::string& name) const;

  // Another output of the same plan, known by `what` and the settings: whether the file at `path` is the one
  // that was recorded, and recording it.
  bool has_output(const std::string& what, const std::string& path) const {
    return has_output(folder_, plan_, what, path);
  }
  void record_output(const std::string& what, const std::string& path) const;

  // The same of a store that is only looked at; `plan` as plan_of.
  static std::optional<std::vector<File>> read_files(const std::string& folder, const std::string& plan,
                                                     const std::string& name, std::size_t count);
  static bool has_output(const std::string& folder, const std::string& plan, const std::string& what,
                         const std::string& path);
  static std::string plan_of(const RunSettings& settings);

  const std::string& folder() const { return folder_; }
  const std::string& plan() const { return plan_; }  // a hash of the settings

 private:
  std::string path_of(const std::string& name) const;
  std::string lock_path() const;  // makes its folder
  void begin(const RunSettings& settings, const std::function<bool()>& holds_work,
             const std::function<void()>& leftovers);
  bool has_records() const;

  std::string owner_, folder_, plan_;
  FileLock lock_;  // see begin()
};

// Whether a regular file of that hash, of at most `limit` bytes, stands there.
bool is_whole(const std::string& path, const std::string& sha256,
              std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());

// Error: what stands there is no regular file, and would be written through: a link, a pipe.
void require_own_place(const std::string& path);

// Removes files that a killed process left half-written in `folder`: those with an ending of base/atomic_file
// behind a name that is `own`.
void remove_temporaries(const std::string& folder, bool (*own)(const std::string& name));

}  // namespace gdd
