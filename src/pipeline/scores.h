// One function a score: two measured sides in, `Score`s and warnings out. compute_distances.cpp holds the
// table.
#pragma once

#include "gdd/report.h"
#include "pipeline/accumulate_statistics.h"
#include "pipeline/compute_distances.h"

namespace gdd {

// FID (Heusel et al. 2017). By singular values, exactly, when both sides kept their rows for it.
void score_fid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// sFID (Nash et al. 2021): the same distance on the spatial features.
void score_sfid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);

}  // namespace gdd
