// The features of a set of images, kept in a folder as parts of kImagesInPart (distributed/part_store.h):
// what is shared by ranks and shards, resumed after a kill, and found again by the next program.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/observer.h"
#include "batches/batch_source.h"
#include "detectors/detector.h"
#include "distributed/part_store.h"
#include "distributed/work_share.h"
#include "images/source.h"
#include "measurement/extract_features.h"
#include "measurement/feature_input.h"

namespace gdd {

// Everything that a set of features depends on. `images`: what tells the images from any others, in one line;
// `batch`: of the detector, which decides the last bits.
RunSettings feature_settings(const Detector& detector, const std::string& protocol, std::int64_t batch,
                             const std::string& images);

// SHA-256 over what is stored of the images: equal bytes are equal images, whatever their names. Reads them
// all.
std::string stored_images_sha256(const ImageSource& source, const std::vector<std::int64_t>& chosen,
                                 const std::string& what, Observer& observer);

// What tells the images of a run from any others, by the plan of its run (PartStore::plan_of).
std::string images_of_plan(const std::string& plan);

// Whether a set of kept features has that name in its cache, or among the records of its run.
bool is_feature_folder(const std::string& name);

class FeatureParts {
 public:
  // FOLDER/features-KEY, KEY a hash of the settings; made where it is not there. Of `images` images, with
  // everything that the detector gives. `owner` is what messages name. `detector` lives longer. Errors: of
  // PartStore.
  FeatureParts(const std::string& owner, const std::string& folder, const RunSettings& settings,
               std::int64_t images, const Detector& detector, const std::string& protocol);

  // Which parts of such a set have a record; nothing is made, and no file is read.
  static std::vector<bool> recorded(const std::string& folder, const RunSettings& settings,
                                    std::int64_t images);

  // The file of a part in such a set's own folder, and the name of its record there.
  static std::string path_in(const std::string& folder, std::int64_t part);
  static std::string record_name(std::int64_t part);

  std::int64_t parts() const { return parts_of(images_); }
  // Reads the file, the first time. One that is damaged is a warning with its name, and counts as not there.
  bool has(std::int64_t part, Observer& observer) const;
  // Whether has() found it or keep() made it here; asks no disk.
  bool is_known(std::int64_t part) const { return whole_.contains(part); }
  std::string path(std::int64_t part) const;
  // Its file stands; it becomes a part.
  void keep(std::int64_t part) const;

  const Detector& detector() const { return detector_; }
  const DetectorRequest& request() const { return request_; }

  // Of all parts, in order. Error: one is missing or cannot be read.
  ExtractSummary summary() const;
  std::vector<std::string> paths() const;

 private:
  std::uint64_t largest_file() const;

  std::string folder_;
  std::int64_t images_;
  const Detector& detector_;
  DetectorRequest request_;
  PartStore store_;
  mutable std::set<std::int64_t> whole_;  // made or read by this object: not read twice
};

// The sets that one run has opened, each once: a file of theirs that was found whole is not read for it
// again.
class FeatureSets {
 public:
  // As FeatureParts is made, the first time. It lives as long as this; the detector lives longer.
  const FeatureParts& open(const std::string& owner, const std::string& folder, const RunSettings& settings,
                           std::int64_t images, const Detector& detector, const std::string& protocol);

 private:
  std::map<std::tuple<std::string, RunSettings, std::string>, FeatureParts> sets_;  // folder, and protocol
};

// Makes what is not there of every set in `kept` (all of the same images), each batch of images going through
// all of them at once. Parts are handed out by `share`; in the leader all are there when it returns, whoever
// made them, and if another job took one away it is made again. `queue` is one name for all ranks.
// `after_part` (may be empty) hears of every part that this process has looked at. Throws Stopped; finished
// parts stay. Errors: of the images, the detector and the folder.
void measure_parts(ImageSet& images, const std::vector<const FeatureParts*>& kept,
                   const ExtractOptions& options, const std::string& queue, WorkShare& share,
                   Observer& observer, const std::function<void()>& after_part = {});

}  // namespace gdd
