#include "generation/image_parts.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "base/limits.h"
#include "base/tasks.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/image_file.h"
#include "images/seed_names.h"

namespace gdd {
namespace {

// The label of an image, as a record has it: '-' or a number.
std::optional<std::int64_t> read_label(const std::string& note) {
  long long number = 0;
  char rest = 0;
  if (std::sscanf(note.c_str(), "%18lld%c", &number, &rest) != 1) return std::nullopt;
  return number;
}

bool is_own_image(const std::string& name) {
  return name.ends_with(".png") && is_seed_number(name.substr(0, name.size() - 4));
}

}  // namespace

std::string batch_record(std::int64_t number) { return "batch-" + std::to_string(number); }

RunSettings find_run_settings(const std::string& path) {
  try {
    return read_run_settings((std::filesystem::path(path) / kRunRecords).string());
  } catch (const Error&) {  // what is not ours tells nothing
    return {};
  }
}

int begun_threads(const std::string& outdir) {
  const RunSettings settings = find_run_settings(outdir);
  const std::string* const threads = find_setting(settings, "threads");
  int found = 0;
  if (threads) std::from_chars(threads->data(), threads->data() + threads->size(), found);
  constexpr int kMost = 4096;
  return found > 0 && found <= kMost ? found : 0;
}

ImageParts::ImageParts(const std::string& outdir, bool subdirs, const RunSettings& settings)
    : tree_(outdir, subdirs),
      store_(
          outdir, (std::filesystem::path(outdir) / kRunRecords).string(), settings,
          [this] { return has_images(); }, [this] { remove_leftovers(); }),
      threads_(at::get_num_threads()) {}

std::vector<std::filesystem::path> ImageParts::image_folders() const {
  std::vector<std::filesystem::path> folders{outdir()};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(outdir(), ignored))
    if (is_seed_number(entry.path().filename().string()) && entry.is_directory(ignored) &&
        !entry.is_symlink(ignored))
      folders.push_back(entry.path());
  return folders;
}

// A run that was killed in its first batch left images, but no record yet.
bool ImageParts::has_images() const {
  for (const std::filesystem::path& folder : image_folders())
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (is_own_image(entry.path().filename().string())) return true;
  return false;
}

void ImageParts::remove_leftovers() const {
  for (const std::filesystem::path& folder : image_folders())
    remove_temporaries(folder.string(), is_own_image);
}

bool ImageParts::has(const SeedBatch& batch, Observer& observer) const {
  const auto files = store_.files(batch_record(batch.number), batch.seeds.size());
  if (!files) return false;
  for (std::size_t i = 0; i < batch.seeds.size(); ++i)
    if (!is_whole(tree_.path_of(batch.seeds[i]), (*files)[i].sha256, limits::kMaxImageFile)) {
      observer.warn(tree_.path_of(batch.seeds[i]) + ": is damaged or gone; its batch is made again");
      return false;
    }
  return true;
}

// To wake a thread costs as much as a few small images.
int ImageParts::threads_for(std::int64_t images) const {
  constexpr std::int64_t kImagesEach = 8;
  return static_cast<int>(std::clamp<std::int64_t>(images / kImagesEach, 1, threads_));
}

void ImageParts::take(const ImageBatch& batch) {
  if (!kept_.insert(batch.number).second) return;
  std::vector<PartStore::File> files(static_cast<std::size_t>(batch.size()));
  run_tasks(batch.size(), threads_for(batch.size()), [&](std::int64_t number) {
    const auto i = static_cast<std::size_t>(number);
    const SinkItem& item = batch.items.at(i);
    require_own_place(tree_.path_of(item.seed));
    files[i] = {tree_.write(item.seed, batch.image(number)), item.label ? std::to_string(*item.label) : "-"};
  });
  store_.keep(batch_record(batch.number), files, false);
}

ImageBatch ImageParts::read(const SeedBatch& kept) const {
  const auto files = store_.files(batch_record(kept.number), kept.seeds.size());
  if (!files)
    throw Error(outdir(),
                "expected batch " + std::to_string(kept.number) + " to be finished, found no record of it");
  ImageBatch batch;
  batch.number = kept.number;
  batch.first = kept.first;
  batch.images.resize(kept.seeds.size());
  for (std::size_t i = 0; i < kept.seeds.size(); ++i)
    batch.items.push_back(
        {kept.seeds[i], kept.first + static_cast<std::int64_t>(i), read_label((*files)[i].note)});
  const std::int64_t count = std::ssize(kept.seeds);
  run_tasks(count, threads_for(count), [&](std::int64_t i) {
    const std::string path = tree_.path_of(kept.seeds[static_cast<std::size_t>(i)]);
    batch.images[static_cast<std::size_t>(i)] = decode_image(ImageFile(path).bytes(), path);
  });
  return batch;
}

}  // namespace gdd
