#include "pipeline/run_folder.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/atomic_file.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "base/small_file.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/seed_names.h"

namespace gdd {
namespace {

constexpr std::size_t kShownCharacters = 80;  // of a setting in a message; seed lists may be long

constexpr const char* kPlan = "plan";  // the first word of a record

struct KeptImage {
  std::string hash;
  std::optional<std::int64_t> label;
};

// The plan, then one line an image: the hash of its PNG and its label or '-'. Nothing when there is no such
// record, or one of another plan.
std::optional<std::vector<KeptImage>> read_record(const std::string& path, const std::string& plan,
                                                  std::size_t count) {
  constexpr std::uint64_t kLongestLine = 100;
  const auto text = read_small_file(path, kLongestLine * (count + 1));
  if (!text) return std::nullopt;
  std::istringstream file(*text);
  std::string word, found, hash, label;
  if (!(file >> word >> found) || word != kPlan || found != plan) return std::nullopt;
  std::vector<KeptImage> images;
  while (images.size() < count && file >> hash >> label) {
    KeptImage image{hash, std::nullopt};
    char rest = 0;
    long long number = 0;
    if (label != "-") {
      if (std::sscanf(label.c_str(), "%18lld%c", &number, &rest) != 1) return std::nullopt;
      image.label = number;
    }
    images.push_back(std::move(image));
  }
  if (images.size() != count || file >> hash) return std::nullopt;
  return images;
}

// What stands in its place is a record too: AtomicFile follows links and writes into pipes, for those who
// name them.
void write_record(const std::string& path, const std::string& text, Flush flush = Flush::kToDisk) {
  struct stat info;
  if (::lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    throw Error(path, "expected a regular file, found something else", "remove it");
  write_file_atomically(path, as_bytes(text), flush);
}

bool has_hash(const std::string& path, const std::string& hash) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && sha256_of_file(path) == hash;
}

std::string shown(const std::string& value) {
  return value.size() <= kShownCharacters ? value : value.substr(0, kShownCharacters) + "...";
}

std::string setting_lines(const RunSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += name + " " + value + "\n";
  return text;
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

// The names that this program writes into the tree, and into .gdd-run.
bool is_own_image(const std::string& name) {
  return name.ends_with(".png") && is_seed_number(name.substr(0, name.size() - 4));
}
bool is_own_record(const std::string& name) {
  return name == "settings" || name.starts_with("batch-") || name.starts_with("output-");
}

void remove_temporaries(const std::filesystem::path& folder, bool (*own)(const std::string& name)) {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = name_before_temporary(entry.path().filename().string());
    if (name && own(*name) && entry.is_regular_file(ignored) && !entry.is_symlink(ignored))
      found.push_back(entry.path());
  }
  for (const auto& path : found) std::filesystem::remove(path, ignored);
}

}  // namespace

RunSettings find_run_settings(const std::string& path) {
  const std::filesystem::path place(path);
  for (const std::filesystem::path& folder : {place, place.parent_path()}) {
    const std::filesystem::path file = folder / kRunRecords / "settings";
    try {
      if (const auto text = read_small_file(file.string(), limits::kMaxRunSettingsBytes))
        return parse_run_settings(*text);
    } catch (const Error&) {  // what is not ours tells nothing
    }
  }
  return {};
}

RunFolder::RunFolder(const std::string& outdir, bool subdirs, const RunSettings& settings)
    : tree_(outdir, subdirs),
      plan_(sha256(as_bytes(setting_lines(settings))).substr(0, 16)),
      lock_(lock_path()) {
  begin(settings);
}

std::string RunFolder::record_path(const std::string& name) const {
  return (std::filesystem::path(outdir()) / kRunRecords / name).string();
}

std::string RunFolder::lock_path() const {
  std::error_code error;
  std::filesystem::create_directories(record_path(""), error);
  if (error) throw Error(record_path(""), "cannot make the folder: " + error.message());
  return record_path("lock");
}

std::string RunFolder::batch_record(std::int64_t number) const {
  return record_path("batch-" + std::to_string(number));
}

std::vector<std::filesystem::path> RunFolder::image_folders() const {
  std::vector<std::filesystem::path> folders{outdir()};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(outdir(), ignored))
    if (is_seed_number(entry.path().filename().string()) && entry.is_directory(ignored) &&
        !entry.is_symlink(ignored))
      folders.push_back(entry.path());
  return folders;
}

// A run that was killed in its first batch left images, but no record yet.
bool RunFolder::has_images() const {
  for (const auto& entry : std::filesystem::directory_iterator(record_path("")))
    if (entry.path().filename().string().starts_with("batch-")) return true;
  for (const std::filesystem::path& folder : image_folders())
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (is_own_image(entry.path().filename().string())) return true;
  return false;
}

// Part 0 of the lock is held while a run begins, so that two begin one after the other; part 1, shared, as
// long as it lives. Other settings take the place of those that are there only if no image was made and
// nobody lives; without locks (some network file systems) nobody can be known to be dead.
void RunFolder::begin(const RunSettings& settings) {
  constexpr int kBeginning = 0, kLiving = 1;
  constexpr std::chrono::seconds kPatience{60};  // many may begin at once, and each takes moments
  const bool locks = lock_.lock(kBeginning, FileLock::Mode::kExclusive, kPatience);
  const bool alone = locks && lock_.try_lock(kLiving, FileLock::Mode::kExclusive);
  const std::optional<std::string> text =
      read_small_file(record_path("settings"), limits::kMaxRunSettingsBytes);
  const RunSettings found = parse_run_settings(text.value_or(""));
  const std::optional<std::string> name = found.empty() ? std::nullopt : first_difference(found, settings);
  const bool begun = name && has_images();
  if (name && (!alone || begun)) {
    const std::string* there = find_setting(found, *name);
    const std::string* here = find_setting(settings, *name);
    throw Error::usage(outdir(),
                       std::string(begun ? "expected a run" : "another run is at work here,") + " with " +
                           *name + " " + (there ? shown(*there) : "not set") + ", found " +
                           (here ? shown(*here) : "not set"),
                       "give the flags that the folder was begun with, or another --outdir");
  }
  if (alone) remove_leftovers();
  if (!text || name) write_record(record_path("settings"), setting_lines(settings));
  lock_.try_lock(kLiving, FileLock::Mode::kShared);
  lock_.unlock(kBeginning);
}

void RunFolder::remove_leftovers() const {
  remove_temporaries(record_path(""), is_own_record);
  for (const std::filesystem::path& folder : image_folders()) remove_temporaries(folder, is_own_image);
}

bool RunFolder::has(std::int64_t number, std::span<const std::int64_t> seeds) const {
  const auto record = read_record(batch_record(number), plan_, seeds.size());
  if (!record) return false;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (!has_hash(tree_.path_of(seeds[i]), (*record)[i].hash)) return false;
  return true;
}

void RunFolder::keep(const ImageBatch& batch) const {
  std::string record = std::string(kPlan) + " " + plan_ + "\n";
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const SinkItem& item = batch.items[i];
    record += tree_.write(item.seed, batch.images[i]) + " " +
              (item.label ? std::to_string(*item.label) : "-") + "\n";
  }
  write_record(batch_record(batch.number), record, Flush::kLater);
}

ImageBatch RunFolder::read(std::int64_t number, std::int64_t first,
                           std::span<const std::int64_t> seeds) const {
  const auto record = read_record(batch_record(number), plan_, seeds.size());
  if (!record)
    throw Error(outdir(),
                "expected batch " + std::to_string(number) + " to be finished, found no record of it");
  ImageBatch batch{number, {}, {}};
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const MappedFile file(tree_.path_of(seeds[i]));
    batch.items.push_back({seeds[i], first + static_cast<std::int64_t>(i), (*record)[i].label});
    batch.images.push_back(decode_image(file.bytes(), file.path()));
  }
  return batch;
}

std::string RunFolder::output_record(const std::string& what) const {
  return record_path("output-" + sha256(as_bytes(plan_ + " " + what)).substr(0, 16));
}

bool RunFolder::has_output(const std::string& what, const std::string& path) const {
  const auto record = read_small_file(output_record(what), 200);
  return record && record->ends_with('\n') && has_hash(path, record->substr(0, record->size() - 1));
}

void RunFolder::record_output(const std::string& what, const std::string& path) const {
  write_record(output_record(what), sha256_of_file(path) + "\n");
}

}  // namespace gdd
