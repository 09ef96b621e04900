// Scores of a sample, and what they would be without each of its 20 blocks (gdd/metrics/jackknife.h).
#pragma once

#include <string>
#include <vector>

#include "gdd/report.h"
#include "measurement/measure_side.h"
#include "scoring/options.h"

namespace gdd {

struct BlockScore {
  std::string name;  // as a Score's
  bool less_is_better;
  double value = 0;
  std::vector<double> without;  // [20]
};

// Of one metric: fid, kid, pr or prdc. KID is that of all rows, less what the reference has with itself
// (kernel_without_blocks), so that only the difference of two is a distance. pr and prdc compute their
// manifolds 21 times. Both sides as plan_distances says, with blocks for fid. What a distance warns of goes
// to `report`. Usage error: another metric.
std::vector<BlockScore> score_blocks(const std::string& metric, const Side& sample, const Side& reference,
                                     const DistanceOptions& options, Report& report);

}  // namespace gdd
