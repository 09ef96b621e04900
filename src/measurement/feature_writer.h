// Features into a file, block by block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "archive/npz.h"
#include "detectors/detector.h"
#include "measurement/extract_features.h"
#include "measurement/provenance.h"

namespace gdd {

// An npz of `features` [rows,D] float32, and where the request asks for them `spatial` and `probabilities`;
// the summary of the images and the provenance. It appears whole, with commit(), or not at all; memory does
// not grow with the rows (the second and third array wait in temporary files beside it).
class FeatureWriter {
 public:
  FeatureWriter(const std::string& path, std::int64_t rows, const Detector& detector,
                const DetectorRequest& request);
  ~FeatureWriter();

  void add(const FeatureBlock& block);
  void commit(const ExtractSummary& summary, const Provenance& provenance);

 private:
  class WaitingArray;

  NpzWriter npz_;
  std::int64_t rows_, spatial_dim_, probability_dim_;
  std::unique_ptr<WaitingArray> spatial_, probabilities_;
};

}  // namespace gdd
