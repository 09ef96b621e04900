// What made statistics that a tool publishes under a name of its own: the file does not say more.
#pragma once

#include <optional>
#include <string>

#include "detectors/protocol.h"

namespace gdd {

struct PublishedStatistics {
  Family family;
  std::string protocol, preparation, detector;  // as Detector spells them
};

// Of a group of arrays in EDM2's pickles: fd_dinov2, facebook's DINOv2 ViT-L/14 under protocol edm2. Nothing:
// any other, and `fid`, which is the same in EDM and EDM2.
std::optional<PublishedStatistics> find_published_statistics(const std::string& group);

// The group of such a pickle that holds statistics of a family: "fid", "fd_dinov2"; empty: none does.
std::string published_group(Family family);

}  // namespace gdd
