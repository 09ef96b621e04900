#include "detectors/published_statistics.h"

#include "detectors/transformer_detector.h"

namespace gdd {
namespace {

constexpr const char* kDinov2Group = "fd_dinov2";

// dinov2_vitl14 of torch.hub, as calculate_metrics.py takes it.
constexpr TransformerSizes kLarge = {
    .width = 1024, .patch = 14, .grid = 37, .blocks = 24, .hidden = 4096, .features = 1024};

}  // namespace

std::optional<PublishedStatistics> find_published_statistics(const std::string& group) {
  if (group != kDinov2Group) return std::nullopt;
  return PublishedStatistics{Family::kDinov2, "edm2",
                             transformer_preparation(kFacebookDinov2, kLarge, "edm2"),
                             transformer_name(kFacebookDinov2, kLarge)};
}

std::string published_group(Family family) {
  if (family == Family::kDinov2) return kDinov2Group;
  return family == Family::kInception ? "fid" : "";
}

}  // namespace gdd
