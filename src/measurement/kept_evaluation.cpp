#include "measurement/kept_evaluation.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/seeds.h"
#include "batches/batch_source.h"
#include "distributed/part_store.h"
#include "gdd/error.h"
#include "images/run_settings.h"
#include "measurement/feature_parts.h"
#include "measurement/provenance.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

// A set of features, and the plan that its records carry.
struct KeptSet {
  fs::path folder;
  std::string plan;
};

// Of the images of that run.
std::vector<KeptSet> feature_sets(const fs::path& records, const RunSettings& run) {
  std::vector<KeptSet> found;
  const std::string wanted = images_of_plan(PartStore::plan_of(run));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(records, error)) {
    if (!is_feature_folder(entry.path().filename().string())) continue;
    const RunSettings settings = read_run_settings(entry.path().string());
    const std::string* const images = find_setting(settings, "images");
    if (images && *images == wanted) found.push_back({entry.path(), PartStore::plan_of(settings)});
  }
  return found;
}

std::int64_t count_seeds(const RunSettings& run, const std::string& folder) {
  const std::string* const seeds = find_setting(run, "seeds");
  try {
    return seeds ? std::ssize(parse_seed_list(*seeds)) : 0;
  } catch (const Error&) {  // a wrong flag elsewhere
    throw Error(folder, "the seeds in its settings are damaged", "evaluate again, into another folder");
  }
}

// Of all parts, in order; those that are missing or damaged are empty.
std::vector<std::string> whole_parts(const KeptSet& kept, std::int64_t images) {
  constexpr std::uint64_t kLargestPart = std::uint64_t{1} << 32;
  const std::string folder = kept.folder.string();
  std::vector<std::string> paths;
  for (std::int64_t part = 0; part < parts_of(images); ++part) {
    const std::string path = FeatureParts::path_in(folder, part);
    const auto files = PartStore::read_files(folder, kept.plan, FeatureParts::record_name(part), 1);
    paths.push_back(files && is_whole(path, files->front().sha256, kLargestPart) ? path : "");
  }
  return paths;
}

// By its first part, which is looked at before all are read.
std::optional<Provenance> provenance_of(const KeptSet& kept) {
  const std::string part = FeatureParts::path_in(kept.folder.string(), 0);
  if (!fs::is_regular_file(part)) return std::nullopt;
  return read_provenance(FeatureInput(part));
}

bool is_prepared_for(const KeptSet& kept, const std::string& protocol) {
  const std::optional<Provenance> made = provenance_of(kept);
  return made && std::ranges::count(made->alike, protocol) > 0;
}

}  // namespace

std::optional<FeatureInput> open_kept_evaluation(const std::string& folder, const std::string& protocol) {
  const fs::path records = fs::path(folder) / kRunRecords;
  const RunSettings run = read_run_settings(records.string());
  const std::int64_t images = count_seeds(run, folder);
  std::vector<std::vector<std::string>> whole, broken;
  for (const KeptSet& each : feature_sets(records, run)) {
    if (!is_prepared_for(each, protocol)) continue;
    std::vector<std::string> parts = whole_parts(each, images);
    (std::ranges::count(parts, "") == 0 ? whole : broken).push_back(std::move(parts));
  }
  if (whole.size() > 1)
    throw Error(folder,
                "keeps the features of several detectors, precisions or machines for protocol " + protocol,
                "evaluate into a folder of its own what is to be compared");
  if (whole.size() == 1 && images > 0) return FeatureInput::of_parts(folder, whole[0], images);
  if (broken.empty()) return std::nullopt;
  throw Error(folder,
              std::to_string(std::ranges::count(broken[0], "")) + " of " + std::to_string(broken[0].size()) +
                  " parts of its features are missing or damaged",
              "the same gdd-eval command again makes them");
}

std::vector<Provenance> kept_provenances(const std::string& folder) {
  const fs::path records = fs::path(folder) / kRunRecords;
  std::vector<Provenance> found;
  for (const KeptSet& each : feature_sets(records, read_run_settings(records.string())))
    if (std::optional<Provenance> made = provenance_of(each)) found.push_back(std::move(*made));
  return found;
}

}  // namespace gdd
