#include "measurement/feature_parts.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>

#include "base/sha256.h"
#include "batches/flow.h"
#include "compute/compute.h"
#include "detectors/protocol.h"
#include "gdd/error.h"
#include "measurement/feature_writer.h"
#include "measurement/provenance.h"
#include "measurement/summary_members.h"

namespace gdd {
namespace {

constexpr const char* kFeatureFolder = "features-";  // and the key of its settings

// A new number when the same input would give other features or another layout of the files.
constexpr const char* kFormat = "8";

std::string key_of(const RunSettings& settings) {
  return sha256(as_bytes(settings_text(settings))).substr(0, 24);
}

std::string folder_of(const std::string& folder, const RunSettings& settings) {
  return (std::filesystem::path(folder) / (kFeatureFolder + key_of(settings))).string();
}

std::string eight_digits(std::int64_t number) { return std::to_string(100'000'000 + number).substr(1); }

bool is_features(const std::string& name) {
  return name.ends_with(".npz") || name.ends_with(".npz.spatial") || name.ends_with(".npz.probabilities");
}

const std::string& own_place(const std::string& path) {
  require_own_place(path);
  return path;
}

// One part of one set on its way.
class PartInWork {
 public:
  PartInWork(const ImageSet& images, const FeatureParts& kept, std::int64_t part, std::int64_t rows)
      : kept_(kept),
        part_(part),
        rows_(rows),
        file_(own_place(kept.path(part)), rows, kept.detector(), kept.request()),
        sink_(images, kept.detector(), kept.request(),
              [this](const FeatureBlock& block) { file_.add(block); }) {}
  PartInWork(const PartInWork&) = delete;
  PartInWork& operator=(const PartInWork&) = delete;

  BatchSink* sink() { return &sink_; }
  void keep() {
    file_.commit(sink_.summary(), provenance_of(kept_.detector(), kept_.request().protocol, rows_));
    kept_.keep(part_);
  }

 private:
  const FeatureParts& kept_;
  std::int64_t part_, rows_;
  FeatureWriter file_;
  FeatureSink sink_;
};

// Goes over the parts of one set of images.
class Measuring {
 public:
  Measuring(ImageSet& images, const std::vector<const FeatureParts*>& kept, const ExtractOptions& options,
            Observer& observer)
      : images_(images), kept_(kept), options_(options), observer_(observer) {}

  // What of the part is not there.
  void complete(std::int64_t part) {
    const std::int64_t first = part * kImagesInPart, last = std::min(first + kImagesInPart, images_.size());
    std::list<PartInWork> work;
    std::vector<BatchSink*> sinks;
    for (const FeatureParts* kept : kept_)
      if (!kept->has(part, observer_))
        sinks.push_back(work.emplace_back(images_, *kept, part, last - first).sink());
    if (observer_.stop()) throw Stopped();
    if (sinks.empty() && images_.has_kept(first, last)) return;
    const std::unique_ptr<BatchSource> source = images_.range(first, last, options_.batch);
    const auto tell = [&](const ImageBatch& batch) {
      observer_.progress(options_.what, "images", batch.first + batch.size(), images_.size());
    };
    if (!run_flow(*source, sinks, observer_, tell)) throw Stopped();
    for (PartInWork& each : work) each.keep();
  }

  // Of several processes those that others were to make, and did not or took away.
  void complete_all(std::int64_t parts, const std::function<void()>& after_part) {
    for (std::int64_t part = 0; part < parts; ++part) {
      complete(part);
      after_part();
    }
    images_.wait();
  }

 private:
  ImageSet& images_;
  const std::vector<const FeatureParts*>& kept_;
  const ExtractOptions& options_;
  Observer& observer_;
};

// Images that are made together may lie in two parts, and are made twice where these go to two processes: so
// each takes several parts in a row, of four batches or more, but not so many that some process has none.
std::int64_t parts_in_a_row(const ImageSet& images, const WorkShare& share) {
  const std::int64_t wanted = parts_of(4 * images.together());
  const std::int64_t fair = parts_of(images.size()) / share.processes();
  return std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(fair, 1));
}

}  // namespace

std::string images_of_plan(const std::string& plan) { return "seeds of plan " + plan; }

bool is_feature_folder(const std::string& name) { return name.starts_with(kFeatureFolder); }

RunSettings feature_settings(const Detector& detector, const std::string& protocol, std::int64_t batch,
                             const std::string& images) {
  Compute compute;
  compute.device = detector.device();
  compute.tf32 = false;  // features are float32 everywhere, unless the detector was asked otherwise
  compute.layers = detector.layers();
  compute.threads = at::get_num_threads();
  RunSettings settings{{"format", kFormat},
                       {"images", images},
                       {"detector", detector.name()},
                       {"weights_sha256", detector.weights_sha256()},
                       {"preparation", detector.preparation_name(protocol)},
                       {"sizes", find_protocol(detector.family(), protocol).equal_sizes ? "equal" : "any"},
                       {"batch", std::to_string(batch)}};
  for (auto& setting : compute_settings(compute)) settings.push_back(std::move(setting));
  return settings;
}

std::string stored_images_sha256(const ImageSource& source, const std::vector<std::int64_t>& chosen,
                                 const std::string& what, Observer& observer) {
  Sha256 all;
  std::int64_t done = 0;
  for (const std::int64_t index : chosen) {
    source.visit_stored(index, [&](Bytes bytes) {
      all.update(as_bytes(std::to_string(bytes.size()) + "\n"));
      all.update(bytes);
    });
    if (done % 256 == 0 && observer.stop()) throw Stopped();
    observer.progress("reading " + what, "images", ++done, std::ssize(chosen));
  }
  return all.digest();
}

FeatureParts::FeatureParts(const std::string& owner, const std::string& folder, const RunSettings& settings,
                           std::int64_t images, const Detector& detector, const std::string& protocol)
    : folder_(folder_of(folder, settings)),
      images_(images),
      detector_(detector),
      request_{protocol, detector.spatial_dim() > 0, detector.probability_dim() > 0},
      store_(owner, folder_, settings, {}, [this] { remove_temporaries(folder_, is_features); }) {}

std::vector<bool> FeatureParts::recorded(const std::string& folder, const RunSettings& settings,
                                         std::int64_t images) {
  const std::string own = folder_of(folder, settings), plan = PartStore::plan_of(settings);
  std::vector<bool> parts;
  for (std::int64_t part = 0; part < parts_of(images); ++part)
    parts.push_back(PartStore::read_files(own, plan, record_name(part), 1).has_value());
  return parts;
}

std::string FeatureParts::path_in(const std::string& folder, std::int64_t part) {
  return (std::filesystem::path(folder) / (eight_digits(part) + ".npz")).string();
}

std::string FeatureParts::record_name(std::int64_t part) { return "part-" + eight_digits(part); }

std::string FeatureParts::path(std::int64_t part) const { return path_in(folder_, part); }

bool FeatureParts::has(std::int64_t part, Observer& observer) const {
  std::error_code ignored;
  if (whole_.contains(part) && std::filesystem::exists(path(part), ignored)) return true;
  const auto files = store_.files(record_name(part), 1);
  if (!files) {
    if (std::filesystem::exists(path(part), ignored))
      observer.warn(path(part) + ": has no record that is whole, and is made again");
    return false;
  }
  if (is_whole(path(part), files->front().sha256, largest_file())) {
    whole_.insert(part);
    return true;
  }
  observer.warn(path(part) + ": is damaged or gone, and is made again");
  store_.forget(record_name(part));
  return false;
}

// Float32 rows of all arrays, and what tells of the images.
std::uint64_t FeatureParts::largest_file() const {
  const std::int64_t columns =
      detector_.feature_dim() + detector_.spatial_dim() + detector_.probability_dim();
  return static_cast<std::uint64_t>(kImagesInPart * (columns * 4 + 64) + (1 << 20));
}

void FeatureParts::keep(std::int64_t part) const {
  whole_.insert(part);
  store_.keep(record_name(part), {{sha256_of_file(path(part)), "-"}});
}

std::vector<std::string> FeatureParts::paths() const {
  std::vector<std::string> list;
  for (std::int64_t part = 0; part < parts(); ++part) list.push_back(path(part));
  return list;
}

ExtractSummary FeatureParts::summary() const {
  ExtractSummary whole;
  for (const std::string& file : paths()) whole.append(read_summary(FeatureInput(file)));
  return whole;
}

const FeatureParts& FeatureSets::open(const std::string& owner, const std::string& folder,
                                      const RunSettings& settings, std::int64_t images,
                                      const Detector& detector, const std::string& protocol) {
  return sets_.try_emplace({folder, settings, protocol}, owner, folder, settings, images, detector, protocol)
      .first->second;
}

void measure_parts(ImageSet& images, const std::vector<const FeatureParts*>& kept,
                   const ExtractOptions& options, const std::string& queue, WorkShare& share,
                   Observer& observer, const std::function<void()>& after_part) {
  Measuring measuring(images, kept, options, observer);
  const std::int64_t parts = parts_of(images.size());
  const auto hear = [&] {
    if (after_part) after_part();
  };
  images.until(share.alone() ? images.size() : 0);
  if (share.alone()) return measuring.complete_all(parts, hear);
  const std::string name = share.fresh(queue);
  const std::int64_t run = parts_in_a_row(images, share);
  while (const std::optional<std::int64_t> number = share.next(name, (parts + run - 1) / run)) {
    const std::int64_t end = std::min(parts, (*number + 1) * run);
    images.until(std::min(end * kImagesInPart, images.size()));
    for (std::int64_t part = *number * run; part < end; ++part) {
      measuring.complete(part);
      hear();
    }
  }
  images.wait();
  share.gather(name);
  if (share.leads()) measuring.complete_all(parts, hear);
}

}  // namespace gdd
