#include "measurement/kept_evaluation.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/limits.h"
#include "base/seeds.h"
#include "base/small_file.h"
#include "batches/batch_source.h"
#include "distributed/part_store.h"
#include "gdd/error.h"
#include "images/run_settings.h"
#include "measurement/feature_parts.h"
#include "measurement/provenance.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

RunSettings read_settings(const fs::path& folder) {
  const std::optional<std::string> text =
      read_small_file((folder / "settings").string(), limits::kMaxRunSettingsBytes);
  return text ? parse_run_settings(*text) : RunSettings();
}

// Folders of features, each of images that a network made.
std::vector<fs::path> feature_folders(const fs::path& records) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(records, error)) {
    if (!is_feature_folder(entry.path().filename().string())) continue;
    const RunSettings settings = read_settings(entry.path());
    const std::string* const images = find_setting(settings, "images");
    if (images && images->starts_with(kImagesOfSeeds)) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// Of all parts, in order; those that are missing are empty.
std::vector<std::string> whole_parts(const fs::path& folder, std::int64_t images) {
  const std::string plan = PartStore::plan_of(read_settings(folder));
  std::vector<std::string> paths;
  for (std::int64_t part = 0; part < parts_of(images); ++part) {
    const std::string path = FeatureParts::path_in(folder.string(), part);
    const auto files = PartStore::read_files(folder.string(), plan, FeatureParts::record_name(part), 1);
    paths.push_back(files && is_whole(path, files->front().sha256) ? path : "");
  }
  return paths;
}

bool is_prepared_for(const std::string& part, const std::string& protocol) {
  const std::optional<Provenance> made = read_provenance(FeatureInput(part));
  return made && std::ranges::count(made->alike, protocol) > 0;
}

}  // namespace

std::optional<FeatureInput> open_kept_evaluation(const std::string& folder, const std::string& protocol) {
  const fs::path records = fs::path(folder) / kRunRecords;
  const std::vector<fs::path> folders = feature_folders(records);
  if (folders.empty()) return std::nullopt;
  const RunSettings run = read_settings(records);
  const std::string* const seeds = find_setting(run, "seeds");
  if (!seeds) return std::nullopt;
  const std::int64_t images = std::ssize(parse_int_list(*seeds, folder));
  std::vector<std::vector<std::string>> fitting;
  for (const fs::path& each : folders) {
    std::vector<std::string> parts = whole_parts(each, images);
    const auto present = std::ranges::find_if(parts, [](const std::string& part) { return !part.empty(); });
    if (present != parts.end() && is_prepared_for(*present, protocol)) fitting.push_back(std::move(parts));
  }
  if (fitting.empty()) return std::nullopt;
  if (fitting.size() > 1)
    throw Error(folder, "keeps the features of several detectors or precisions for protocol " + protocol,
                "evaluate with one of them into a folder of its own");
  const auto missing = std::ranges::count(fitting[0], "");
  if (missing > 0)
    throw Error(folder,
                std::to_string(missing) + " of " + std::to_string(fitting[0].size()) +
                    " parts of its features are missing or damaged",
                "the same gdd-eval command again makes them");
  return FeatureInput::of_parts(folder, fitting[0], images);
}

}  // namespace gdd
