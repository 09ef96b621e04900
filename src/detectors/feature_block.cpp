#include "detectors/feature_block.h"

#include <ATen/ATen.h>

#include "detectors/tensor_copy.h"

namespace gdd {
namespace {

void take(HostCopy& copy, std::vector<float>& values) {
  const at::Tensor& rows = copy.wait();
  if (rows.defined()) append(rows, values);
}

}  // namespace

void PendingFeatures::add(const at::Tensor& features, const at::Tensor& spatial,
                          const at::Tensor& probabilities) {
  pieces_.push_back({HostCopy(features), HostCopy(spatial), HostCopy(probabilities)});
}

FeatureBlock PendingFeatures::wait() {
  FeatureBlock block;
  for (Piece& piece : pieces_) {
    block.rows += piece.features.wait().size(0);
    take(piece.features, block.features);
    take(piece.spatial, block.spatial);
    take(piece.probabilities, block.probabilities);
  }
  return block;
}

}  // namespace gdd
