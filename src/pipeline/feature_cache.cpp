#include "pipeline/feature_cache.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "base/sha256.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "pipeline/protocol.h"
#include "pipeline/save_features.h"

namespace gdd {
namespace {

// A new number when the same input would give other features or another layout of the file.
constexpr const char* kFormat = "gdd features 5";

std::string make_key(const ImageSource& images, const std::vector<std::int64_t>& indices,
                     const Detector& detector, const SideOptions& options) {
  const std::string& protocol = options.extract.request.protocol;
  const std::string device = detector.device_name();
  Sha256 key;
  const auto add = [&](const std::string& part) { key.update(as_bytes(part + "\n")); };
  add(kFormat);
  add(detector.name());
  add(detector.weights_sha256());
  add(detector.preparation_name(protocol));
  add(find_protocol(protocol).equal_sizes ? "equal sizes" : "any size");
  add(device.substr(0, device.find(':')));
  add(std::to_string(options.extract.batch));  // decides the last bits
  std::int64_t done = 0;
  for (const std::int64_t index : indices) {
    images.visit_stored(index, [&](Bytes bytes) {
      add(std::to_string(bytes.size()));
      key.update(bytes);
    });
    if (options.hash_progress) options.hash_progress(++done, static_cast<std::int64_t>(indices.size()));
  }
  return key.digest();
}

std::optional<CachedFeatures> read_cached(const std::string& path, const Warn& warn) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    CachedFeatures cached;
    cached.input = std::make_unique<FeatureInput>(path);
    cached.summary = read_summary(*cached.input);
    return cached;
  } catch (const Error& error) {
    if (warn) warn(std::string("made anew, because it cannot be read: ") + error.what());
    return std::nullopt;
  }
}

std::string part_path(const std::string& folder, std::int64_t part) {
  const std::string number = std::to_string(100'000'000 + part).substr(1);
  return (std::filesystem::path(folder) / (number + ".npz")).string();
}

// Runs `action` on the parts of the file `path`. Another job may have been at work on the same file: when it
// has finished that, it takes the parts away, and nothing is lost.
void unless_there(const std::string& path, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error&) {
    if (!read_cached(path, {})) throw;
  }
}

// Parts of this process, and then, in the leader, the whole from all of them.
ExtractSummary share_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                              const Detector& detector, const SideOptions& options, const std::string& path) {
  WorkShare& share = *options.share;
  const std::string folder = path + ".parts", queue = std::filesystem::path(path).filename().string();
  const auto count = std::ssize(indices);
  const std::int64_t parts = (count + kImagesInPart - 1) / kImagesInPart;
  ExtractOptions extract = options.extract;
  extract.progress = {};
  while (const std::optional<std::int64_t> part = share.next(queue, parts)) {
    const auto first = indices.begin() + *part * kImagesInPart;
    const auto last = indices.begin() + std::min(count, (*part + 1) * kImagesInPart);
    if (!read_cached(part_path(folder, *part), options.extract.warn))
      unless_there(path, [&, number = *part] {
        save_features(images, {first, last}, detector, extract, part_path(folder, number));
      });
    if (options.extract.progress) options.extract.progress(last - indices.begin(), count);
  }
  share.gather(queue);
  if (share.leads()) {
    std::vector<std::string> files;
    for (std::int64_t part = 0; part < parts; ++part) files.push_back(part_path(folder, part));
    unless_there(path, [&] { merge_features(files, path); });
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  share.publish(queue);
  const ExtractSummary summary = read_summary(FeatureInput(path));
  if (find_protocol(extract.request.protocol).equal_sizes && summary.height == 0)
    throw Error(
        images.path(), "all images must be of one size",
        "bring them to one size, or use --protocol pytorch-fid or clean, which resize each on its own");
  return summary;
}

// Ranks go on together: all make the features, or all have them. Without it they would wait for each other
// for ever.
void agree(WorkShare& share, const std::string& images, const std::string& key, const std::string& path,
           std::optional<CachedFeatures>& cached) {
  constexpr const char* kMade = " made";
  const std::string leaders = share.tell_all(key + (cached ? kMade : ""));
  if (!leaders.starts_with(key))
    throw Error(images, share.name() + " finds other images, another detector or other flags than rank 0",
                "give all ranks the same files and the same environment");
  if (leaders != key + kMade) {
    cached.reset();
  } else if (!cached) {
    cached = read_cached(path, {});
    if (!cached)
      throw Error(path, share.name() + " does not find what rank 0 has there",
                  "name a --cache that all ranks see");
  }
}

}  // namespace

CachedFeatures cached_features(const FeatureInput& input, const Detector& detector,
                               const SideOptions& options) {
  const ImageSource& images = *input.images();
  const std::vector<std::int64_t> indices = choose_images(images, options.selection, options.extract);
  const std::string key = make_key(images, indices, detector, options);
  const std::string path = (std::filesystem::path(options.cache) / (key + ".npz")).string();
  std::optional<CachedFeatures> cached = read_cached(path, options.extract.warn);
  if (options.share) agree(*options.share, images.path(), key, path, cached);
  if (cached) {
    warn_about_images(cached->summary, images.path(), options.extract.warn);
    return std::move(*cached);
  }
  SideOptions everything = options;
  everything.extract.request.spatial = detector.spatial_dim() > 0;
  everything.extract.request.probabilities = detector.probability_dim() > 0;
  CachedFeatures made;
  made.summary = options.share && !options.share->alone()
                     ? share_features(images, indices, detector, everything, path)
                     : save_features(images, indices, detector, everything.extract, path);
  made.input = std::make_unique<FeatureInput>(path);
  return made;
}

}  // namespace gdd
