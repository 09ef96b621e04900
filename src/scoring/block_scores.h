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

// Of one metric: fid, kid, pr, prdc or clipped. KID is that of all rows, less what the reference has with
// itself (kernel_without_blocks), so that only the difference of two is a distance. pr, prdc and clipped look
// at neighbours 21 times. Of clipped the scores are those before they are cut or calibrated, relative_density
// and covered_share: of a good sample's clipped_coverage as few as two of three intervals held the mean
// difference (tests/bench/paired_coverage.py --score clipped). Both sides as plan_distances says, with blocks
// for fid. What a distance warns of goes to `report`. Usage error: as expect_comparable.
std::vector<BlockScore> score_blocks(const std::string& metric, const Side& sample, const Side& reference,
                                     const DistanceOptions& options, Report& report);

// Those that score_blocks knows.
const std::vector<std::string>& comparable_metrics();

// Usage error: none of these, and why, where it is one of compute_distances.
void expect_comparable(const std::string& metric);

}  // namespace gdd
