#include "distributed/part_store.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/atomic_file.h"
#include "base/limits.h"
#include "base/output_place.h"
#include "base/sha256.h"
#include "base/small_file.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::size_t kShownCharacters = 80;  // of a setting in a message; seed lists may be long
constexpr const char* kPlan = "plan";         // the first word of a record
constexpr const char* kSettings = "settings";
constexpr const char* kLock = "lock";

void write_record(const std::string& path, const std::string& text, Flush flush = Flush::kToDisk) {
  require_own_place(path);
  write_file_atomically(path, as_bytes(text), flush);
}

std::string shown(const std::string& value) {
  return value.size() <= kShownCharacters ? value : value.substr(0, kShownCharacters) + "...";
}

// The first setting that is not the same in both; nothing: they agree.
std::optional<std::string> first_difference(const RunSettings& found, const RunSettings& wanted) {
  RunSettings all = wanted;  // and those that only the folder knows: options of another sampler
  for (const auto& setting : found)
    if (!find_setting(wanted, setting.first)) all.push_back(setting);
  for (const auto& [name, value] : all) {
    const std::string* there = find_setting(found, name);
    const std::string* here = find_setting(wanted, name);
    if (!there || !here || *there != *here) return name;
  }
  return std::nullopt;
}

// Without its temporary ending ".tmp.PID-N" (base/atomic_file); nothing: it has none.
std::optional<std::string> name_before_temporary(const std::string& name) {
  const std::size_t mark = name.rfind(".tmp.");
  if (mark == std::string::npos) return std::nullopt;
  const std::string ending = name.substr(mark + 5);
  const std::size_t dash = ending.find('-');
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  if (dash == std::string::npos || !is_number(ending.substr(0, dash)) || !is_number(ending.substr(dash + 1)))
    return std::nullopt;
  return name.substr(0, mark);
}

std::string output_record(const std::string& plan, const std::string& what) {
  return "output-" + sha256(as_bytes(plan + " " + what)).substr(0, 16);
}

// What a store holds for its parts, and all that this program writes into one.
bool is_work(const std::string& name) {
  return name.starts_with("batch-") || name.starts_with("part-") || name.starts_with("output-") ||
         name.starts_with("features-");
}
bool is_own_record(const std::string& name) { return name == kSettings || is_work(name); }

}  // namespace

bool is_whole(const std::string& path, const std::string& hash, std::uint64_t limit) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) &&
         std::filesystem::file_size(path, ignored) <= limit && sha256_of_file(path) == hash;
}

// AtomicFile follows links and writes into pipes, for those who name them; nobody names a part.
void require_own_place(const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    throw Error(path, "expected a regular file, found something else", "remove it");
}

void remove_temporaries(const std::string& folder, bool (*own)(const std::string& name)) {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = name_before_temporary(entry.path().filename().string());
    if (name && own(*name) && entry.is_regular_file(ignored) && !entry.is_symlink(ignored))
      found.push_back(entry.path());
  }
  for (const auto& path : found) std::filesystem::remove(path, ignored);
}

PartStore::PartStore(std::string owner, std::string folder, const RunSettings& settings,
                     const std::function<bool()>& holds_work, const std::function<void()>& leftovers)
    : owner_(std::move(owner)), folder_(std::move(folder)), plan_(plan_of(settings)), lock_(lock_path()) {
  begin(settings, holds_work, leftovers);
}

std::string PartStore::path_of(const std::string& name) const {
  return (std::filesystem::path(folder_) / name).string();
}

std::string PartStore::lock_path() const {
  make_folder(folder_);
  return path_of(kLock);
}

bool PartStore::has_records() const {
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    if (is_work(entry.path().filename().string())) return true;
  return false;
}

// Part 0 of the lock is held while a run begins, so that two begin one after the other; part 1, shared, as
// long as it lives. Other settings take the place of those that are there only if nothing was made and nobody
// lives; without locks (some network file systems) nobody can be known to be dead.
void PartStore::begin(const RunSettings& settings, const std::function<bool()>& holds_work,
                      const std::function<void()>& leftovers) {
  constexpr int kBeginning = 0, kLiving = 1;
  constexpr std::chrono::seconds kPatience{60};  // many may begin at once, and each takes moments
  const bool locks = lock_.lock(kBeginning, FileLock::Mode::kExclusive, kPatience);
  const bool alone = locks && lock_.try_lock(kLiving, FileLock::Mode::kExclusive);
  const std::optional<std::string> text = read_small_file(path_of(kSettings), limits::kMaxRunSettingsBytes);
  const RunSettings found = parse_run_settings(text.value_or(""));
  const std::optional<std::string> name = found.empty() ? std::nullopt : first_difference(found, settings);
  if (alone) remove_temporaries(folder_, is_own_record);
  const bool begun = name && (has_records() || (holds_work && holds_work()));
  if (name && (!alone || begun)) {
    const std::string* there = find_setting(found, *name);
    const std::string* here = find_setting(settings, *name);
    throw Error::usage(owner_,
                       std::string(begun ? "expected a run" : "another run is at work here,") + " with " +
                           *name + " " + (there ? shown(*there) : "not set") + ", found " +
                           (here ? shown(*here) : "not set"),
                       "give the flags that the folder was begun with, another --outdir, or remove it");
  }
  if (alone && leftovers) leftovers();
  if (!text || name) write_record(path_of(kSettings), settings_text(settings));
  lock_.try_lock(kLiving, FileLock::Mode::kShared);
  lock_.unlock(kBeginning);
}

// The plan and the name of the part, so that no record stands for another; then one line a file.
std::optional<std::vector<PartStore::File>> PartStore::read_files(const std::string& folder,
                                                                  const std::string& plan,
                                                                  const std::string& name,
                                                                  std::size_t count) {
  constexpr std::uint64_t kLongestLine = 100;
  const auto text =
      read_small_file((std::filesystem::path(folder) / name).string(), kLongestLine * (count + 1));
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  std::string word, found, part;
  if (!(lines >> word >> found >> part) || word != kPlan || found != plan || part != name)
    return std::nullopt;
  std::vector<File> files;
  for (File file; files.size() < count && lines >> file.sha256 >> file.note;) files.push_back(file);
  if (files.size() != count || lines >> word) return std::nullopt;
  return files;
}

void PartStore::keep(const std::string& name, const std::vector<File>& files, bool flushed) const {
  std::string record = std::string(kPlan) + " " + plan_ + " " + name + "\n";
  for (const File& file : files) record += file.sha256 + " " + file.note + "\n";
  write_record(path_of(name), record, flushed ? Flush::kToDisk : Flush::kLater);
}

void PartStore::forget(const std::string& name) const {
  std::error_code ignored;
  std::filesystem::remove(path_of(name), ignored);
}

bool PartStore::has_output(const std::string& folder, const std::string& plan, const std::string& what,
                           const std::string& path) {
  const auto record =
      read_small_file((std::filesystem::path(folder) / output_record(plan, what)).string(), 200);
  return record && record->ends_with('\n') && is_whole(path, record->substr(0, record->size() - 1));
}

void PartStore::record_output(const std::string& what, const std::string& path) const {
  write_record(path_of(output_record(plan_, what)), sha256_of_file(path) + "\n");
}

std::string PartStore::plan_of(const RunSettings& settings) {
  return sha256(as_bytes(settings_text(settings))).substr(0, 16);
}

}  // namespace gdd
