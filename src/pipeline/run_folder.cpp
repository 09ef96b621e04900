#include "pipeline/run_folder.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "gdd/error.h"
#include "images/codec.h"

namespace gdd {
namespace {

constexpr std::size_t kShownCharacters = 80;  // of a setting in a message; seed lists may be long

constexpr std::uintmax_t kMaxSettings = 1 << 20;  // bytes; a list of seeds is the longest of them

struct KeptImage {
  std::string hash;
  std::optional<std::int64_t> label;
};

// One line an image: the hash of its PNG and its label or '-'. Nothing when it is not such a record.
std::optional<std::vector<KeptImage>> read_record(const std::string& path, std::size_t count) {
  std::ifstream file(path);
  std::vector<KeptImage> images;
  std::string hash, label;
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

RunSettings read_settings(const std::string& path) {
  std::ifstream file(path);
  RunSettings settings;
  for (std::string line; std::getline(file, line);) {
    const std::size_t space = line.find(' ');
    settings.emplace_back(line.substr(0, space), space == std::string::npos ? "" : line.substr(space + 1));
  }
  return settings;
}

// AtomicFile's neighbour: path.tmp.<pid>-<n>
bool is_leftover(const std::string& name) {
  const std::size_t mark = name.rfind(".tmp.");
  return mark != std::string::npos && mark + 5 < name.size() &&
         name.find_first_not_of("0123456789-", mark + 5) == std::string::npos;
}

}  // namespace

const std::string* find_setting(const RunSettings& settings, const std::string& name) {
  for (const auto& setting : settings)
    if (setting.first == name) return &setting.second;
  return nullptr;
}

RunSettings find_run_settings(const std::string& path) {
  const std::filesystem::path place(path);
  for (const std::filesystem::path& folder : {place, place.parent_path()}) {
    const std::filesystem::path file = folder / ".gdd-run" / "settings";
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (!error && size <= kMaxSettings) return read_settings(file.string());
  }
  return {};
}

RunFolder::RunFolder(const std::string& outdir, bool subdirs, const RunSettings& settings, bool alone)
    : tree_(outdir, subdirs) {
  agree_on(settings);
  if (alone) remove_leftovers();
  write_file_atomically(record_path("settings"), as_bytes(setting_lines(settings)));
}

std::string RunFolder::record_path(const std::string& name) const {
  return (std::filesystem::path(outdir()) / ".gdd-run" / name).string();
}

std::string RunFolder::batch_record(std::int64_t number) const {
  return record_path("batch-" + std::to_string(number));
}

void RunFolder::agree_on(const RunSettings& settings) const {
  const RunSettings found = read_settings(record_path("settings"));
  RunSettings all = settings;  // and those that only the folder knows: options of another sampler
  for (const auto& setting : found)
    if (!find_setting(settings, setting.first)) all.push_back(setting);
  for (const auto& [name, value] : all) {
    const std::string* here = find_setting(found, name);
    const std::string* wanted = find_setting(settings, name);
    if (found.empty() || (here && wanted && *here == *wanted)) continue;
    bool any = false;  // settings of a run that finished nothing bind nobody
    for (const auto& entry : std::filesystem::directory_iterator(record_path("")))
      any = any || entry.path().filename().string().starts_with("batch-");
    if (!any) return;
    throw Error::usage(outdir(),
                       "expected a run with " + name + " " + (here ? shown(*here) : "not set") + ", found " +
                           (wanted ? shown(*wanted) : "not set"),
                       "give the flags that the folder was begun with, or another --outdir");
  }
}

void RunFolder::remove_leftovers() const {
  std::vector<std::filesystem::path> leftovers;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(outdir(), error), end; entry != end && !error;
       entry.increment(error))
    if (is_leftover(entry->path().filename().string())) leftovers.push_back(entry->path());
  for (const auto& path : leftovers) std::filesystem::remove(path, error);
}

bool RunFolder::has(std::int64_t number, std::span<const std::int64_t> seeds) const {
  const auto record = read_record(batch_record(number), seeds.size());
  if (!record) return false;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (!has_hash(tree_.path_of(seeds[i]), (*record)[i].hash)) return false;
  return true;
}

void RunFolder::keep(const ImageBatch& batch) const {
  std::string record;
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const SinkItem& item = batch.items[i];
    record += tree_.write(item.seed, batch.images[i]) + " " +
              (item.label ? std::to_string(*item.label) : "-") + "\n";
  }
  write_file_atomically(batch_record(batch.number), as_bytes(record), Flush::kLater);
}

ImageBatch RunFolder::read(std::int64_t number, std::int64_t first,
                           std::span<const std::int64_t> seeds) const {
  const auto record = read_record(batch_record(number), seeds.size());
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

bool RunFolder::has_output(const std::string& what, const std::string& path) const {
  std::ifstream file(record_path("output-" + sha256(as_bytes(what)).substr(0, 16)));
  std::string hash;
  return file >> hash && has_hash(path, hash);
}

void RunFolder::record_output(const std::string& what, const std::string& path) const {
  write_file_atomically(record_path("output-" + sha256(as_bytes(what)).substr(0, 16)),
                        as_bytes(sha256_of_file(path) + "\n"));
}

}  // namespace gdd
