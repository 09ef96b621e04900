#include "pipeline/save_features.h"

#include <memory>

#include "archive/npz.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// An npz takes one array after the other, but all of them grow at once: this one waits on the disk. It is
// never committed, so it vanishes with the object.
class WaitingArray {
 public:
  explicit WaitingArray(const std::string& path) : file_(path) {}

  void add(const std::vector<float>& values) {
    file_.write(std::as_bytes(std::span(values)));
    values_ += static_cast<std::int64_t>(values.size());
  }

  void move_into(NpzWriter& npz, const std::string& name, std::int64_t rows) const {
    npz.begin(name, "<f4", {rows, values_ / rows});
    npz.append(MappedFile(file_.temporary_path()).bytes());
  }

 private:
  AtomicFile file_;
  std::int64_t values_ = 0;
};

}  // namespace

ExtractSummary save_features(const FeatureInput& input, const Detector& detector, const SideOptions& options,
                             const std::string& dest) {
  if (!input.images()) throw Error(input.spec(), "images are needed, found " + input.description());
  const std::vector<std::int64_t> indices = choose_images(*input.images(), options.num, options.seed);
  const auto rows = static_cast<std::int64_t>(indices.size());
  NpzWriter npz(dest);
  npz.begin("features", "<f4", {rows, detector.feature_dim()});
  std::unique_ptr<WaitingArray> spatial, probabilities;
  if (options.extract.request.spatial) spatial = std::make_unique<WaitingArray>(dest + ".spatial");
  if (options.extract.request.probabilities)
    probabilities = std::make_unique<WaitingArray>(dest + ".probabilities");
  const ExtractSummary summary =
      extract_features(*input.images(), indices, detector, options.extract, [&](const FeatureBlock& block) {
        npz.append(std::as_bytes(std::span(block.features)));
        if (spatial) spatial->add(block.spatial);
        if (probabilities) probabilities->add(block.probabilities);
      });
  if (spatial) spatial->move_into(npz, "spatial", rows);
  if (probabilities) probabilities->move_into(npz, "probabilities", rows);
  npz.commit();
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
  npz.commit();
}

}  // namespace gdd
