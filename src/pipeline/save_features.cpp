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

// Of which images the rows are, for whoever reads the file: the hash in hexadecimal letters, and how many
// images there were, grey ones, ones with alpha.
constexpr const char* kHash = "images_sha256";
constexpr const char* kCounts = "image_counts";

void add_summary(NpzWriter& npz, const ExtractSummary& summary) {
  const std::vector<std::uint8_t> hash(summary.pixels_sha256.begin(), summary.pixels_sha256.end());
  const std::vector<std::int64_t> counts{summary.images, summary.grey_images, summary.alpha_images};
  npz.add(kHash, {static_cast<std::int64_t>(hash.size())}, std::span<const std::uint8_t>(hash));
  npz.add(kCounts, {static_cast<std::int64_t>(counts.size())}, std::span<const std::int64_t>(counts));
}

}  // namespace

ExtractSummary save_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                             const Detector& detector, const ExtractOptions& options,
                             const std::string& dest) {
  const auto rows = static_cast<std::int64_t>(indices.size());
  NpzWriter npz(dest);
  npz.begin("features", "<f4", {rows, detector.feature_dim()});
  std::unique_ptr<WaitingArray> spatial, probabilities;
  if (options.request.spatial) spatial = std::make_unique<WaitingArray>(dest + ".spatial");
  if (options.request.probabilities) probabilities = std::make_unique<WaitingArray>(dest + ".probabilities");
  const ExtractSummary summary =
      extract_features(images, indices, detector, options, [&](const FeatureBlock& block) {
        npz.append(std::as_bytes(std::span(block.features)));
        if (spatial) spatial->add(block.spatial);
        if (probabilities) probabilities->add(block.probabilities);
      });
  if (spatial) spatial->move_into(npz, "spatial", rows);
  if (probabilities) probabilities->move_into(npz, "probabilities", rows);
  add_summary(npz, summary);
  npz.commit();
  return summary;
}

ExtractSummary save_features(const FeatureInput& input, const Detector& detector, const SideOptions& options,
                             const std::string& dest) {
  if (!input.images()) throw Error(input.spec(), "images are needed, found " + input.description());
  const std::vector<std::int64_t> indices =
      choose_images(*input.images(), options.selection, options.extract.decoders, options.extract.warn);
  return save_features(*input.images(), indices, detector, options.extract, dest);
}

ExtractSummary read_summary(const FeatureInput& file) {
  const std::string where = file.path();
  for (const char* name : {kHash, kCounts})
    if (!file.has(name)) throw Error(where, std::string("holds no ") + name);
  const std::vector<std::uint8_t> hash = file.npz().read(kHash).as_uint8();
  const std::vector<std::int64_t> counts = file.npz().read(kCounts).as_int64();
  const bool whole =
      hash.size() == 64 && counts.size() == 3 && file.features() && file.features()->rows == counts[0];
  if (!whole) throw Error(where, "the rows are not those of the images it speaks of");
  return {counts[0], counts[1], counts[2], std::string(hash.begin(), hash.end())};
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
