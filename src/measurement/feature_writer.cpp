#include "measurement/feature_writer.h"

#include <span>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "measurement/summary_members.h"

namespace gdd {

// An npz takes one array after the other, but all of them grow at once: this one waits on the disk. It is
// never committed, so it vanishes with the object.
class FeatureWriter::WaitingArray {
 public:
  explicit WaitingArray(const std::string& path) : file_(path) {}

  void add(const std::vector<float>& values) { file_.write(std::as_bytes(std::span(values))); }

  // A shard may have no rows, so their width is not told by the values.
  void move_into(NpzWriter& npz, const std::string& name, std::int64_t rows, std::int64_t width) const {
    npz.begin(name, "<f4", {rows, width});
    if (rows > 0) npz.append(MappedFile(file_.temporary_path()).bytes());
  }

 private:
  AtomicFile file_;
};

FeatureWriter::FeatureWriter(const std::string& path, std::int64_t rows, const Detector& detector,
                             const DetectorRequest& request)
    : npz_(path),
      rows_(rows),
      spatial_dim_(detector.spatial_dim()),
      probability_dim_(detector.probability_dim()) {
  npz_.begin("features", "<f4", {rows, detector.feature_dim()});
  if (request.spatial) spatial_ = std::make_unique<WaitingArray>(path + ".spatial");
  if (request.probabilities) probabilities_ = std::make_unique<WaitingArray>(path + ".probabilities");
}

FeatureWriter::~FeatureWriter() = default;

void FeatureWriter::add(const FeatureBlock& block) {
  npz_.append(std::as_bytes(std::span(block.features)));
  if (spatial_) spatial_->add(block.spatial);
  if (probabilities_) probabilities_->add(block.probabilities);
}

void FeatureWriter::commit(const ExtractSummary& summary, const Provenance& provenance) {
  if (spatial_) spatial_->move_into(npz_, "spatial", rows_, spatial_dim_);
  if (probabilities_) probabilities_->move_into(npz_, "probabilities", rows_, probability_dim_);
  add_summary(npz_, summary);
  add_provenance(npz_, provenance);
  npz_.commit();
}

}  // namespace gdd
