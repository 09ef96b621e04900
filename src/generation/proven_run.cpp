#include "generation/proven_run.h"

#include <charconv>
#include <filesystem>
#include <vector>

#include "base/seeds.h"
#include "distributed/part_store.h"
#include "gdd/error.h"
#include "generation/image_parts.h"
#include "generation/seed_batches.h"
#include "images/seed_names.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

// What of a run's settings tells its files.
struct Layout {
  std::vector<std::int64_t> seeds;
  std::int64_t batch = 0;
  bool subdirs = false;
};

Layout read_layout(const RunSettings& settings) {
  const auto value = [&](const char* name) {
    const std::string* found = find_setting(settings, name);
    if (!found) throw Error(".gdd-run", std::string("names no ") + name);
    return *found;
  };
  Layout layout{parse_seed_list(value("seeds")), 0, value("subdirs") == "true"};
  const std::string batch = value("batch");
  std::from_chars(batch.data(), batch.data() + batch.size(), layout.batch);
  if (layout.batch < 1) throw Error(".gdd-run", "names no batch");
  return layout;
}

// "" where every image is as its record says; else the first that is not.
std::string first_changed(const fs::path& folder, const RunSettings& settings) {
  const Layout layout = read_layout(settings);
  const std::string plan = PartStore::plan_of(settings);
  for (const SeedBatch& batch : split_seeds(layout.seeds, layout.batch)) {
    const auto files = PartStore::read_files((folder / kRunRecords).string(), plan,
                                             batch_record(batch.number), batch.seeds.size());
    for (std::size_t i = 0; i < batch.seeds.size(); ++i) {
      const std::string name = seed_image_name(batch.seeds[i], layout.subdirs);
      if (!files || !is_whole((folder / name).string(), (*files)[i].sha256)) return name;
    }
  }
  return "";
}

bool is_recorded(const fs::path& file, const RunSettings& settings) {
  const std::string records = (file.parent_path() / kRunRecords).string();
  const std::string plan = PartStore::plan_of(settings);
  for (const std::string& what : {std::string("image_pack"), "zip " + fs::absolute(file).string()})
    if (PartStore::has_output(records, plan, what, file.string())) return true;
  return false;
}

}  // namespace

ProvenRun prove_run(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  const fs::path folder = is_folder ? fs::path(path) : fs::path(path).parent_path();
  const RunSettings settings = find_run_settings(folder.string());
  if (settings.empty()) return {};
  try {
    if (!is_folder) return is_recorded(path, settings) ? ProvenRun{settings, ""} : ProvenRun{};
    const std::string changed = first_changed(folder, settings);
    if (changed.empty()) return {settings, ""};
    return {{},
            path + ": " + changed +
                " is not as its run made it, so the report names no checkpoint for these images"};
  } catch (const Error&) {  // records that are not ours prove nothing
    return {};
  }
}

}  // namespace gdd
