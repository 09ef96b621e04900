#include "measurement/save_features.h"

#include <span>

#include "archive/npz.h"
#include "measurement/feature_writer.h"

namespace gdd {

ExtractSummary save_features(ImageSet& images, std::int64_t first, std::int64_t last,
                             const Detector& detector, const ExtractOptions& options, Observer& observer,
                             const std::string& dest, const std::optional<FilePart>& part,
                             const Labels& labels) {
  FeatureWriter file(dest, last - first, detector, options.request);
  ExtractSummary summary = extract_features(images, first, last, detector, options, observer,
                                            [&](const FeatureBlock& block) { file.add(block); });
  if (!labels.classes.empty()) summary.labels = labels;
  Provenance made = provenance_of(detector, options.request.protocol, last - first);
  made.part = part;
  file.commit(summary, made);
  return summary;
}

void save_reference(const Side& side, const std::string& dest) {
  NpzWriter npz(dest);
  const auto add = [&](const Statistics& statistics, const std::string& suffix) {
    const std::int64_t d = statistics.dim();
    npz.add("mu" + suffix, {d}, std::span<const double>(statistics.mu));
    npz.add("sigma" + suffix, {d, d}, std::span<const double>(statistics.sigma));
  };
  add(side.statistics.value(), "");
  if (side.spatial_statistics) add(*side.spatial_statistics, "_s");
  if (side.provenance) add_provenance(npz, *side.provenance);
  npz.commit();
}

}  // namespace gdd
