// One function a score: two measured sides in, `Score`s and warnings out. The table of them is in
// metric_table.cpp.
#pragma once

#include <string>

#include "base/progress.h"
#include "gdd/metrics/clipped.h"
#include "gdd/metrics/frechet.h"
#include "gdd/metrics/inception_score.h"
#include "gdd/metrics/manifold.h"
#include "gdd/report.h"
#include "measurement/measure_side.h"
#include "scoring/options.h"

namespace gdd {

// For a metric, which knows no observer: it tells `what` is done, in `unit`s, and throws Stopped.
Progress told(const DistanceOptions& options, const char* what, const char* unit);

// By singular values, exactly, when both sides kept their rows for it; else from statistics.
FrechetResult frechet_of(const Side& sample, const Side& reference, const DistanceOptions& options);

// Of pr, or of prdc.
ManifoldScores measure_manifolds(FeaturesF32 sample, FeaturesF32 reference, bool prdc,
                                 const DistanceOptions& options);

ClippedScores measure_clipped(FeaturesF32 sample, FeaturesF32 reference, const DistanceOptions& options);

// Nearest neighbours that a metric looks at, unless --k says otherwise: pr 3, prdc and clipped 5.
std::int64_t neighbours(const std::string& metric, const DistanceOptions& options);

// Of the first `count` samples: torch-fidelity's shuffled splits under that protocol, guided-diffusion's
// consecutive blocks under the others.
InceptionScore inception_score_of(const Side& sample, std::int64_t count, const DistanceOptions& options);

// fid (Heusel et al. 2017). With blocks of the sample, its jackknife error and interval.
void score_fid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// fid_infinity (Chong & Forsyth 2020): from the sample's rows and the reference's statistics.
void score_fid_infinity(const Side& sample, const Side& reference, const DistanceOptions& options,
                        Report& report);
// sfid (Nash et al. 2021): the same distance on the spatial features.
void score_sfid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// kid, with its standard deviation over subsets.
void score_kid(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// inception_score, with its standard deviation over splits. `reference` is not looked at.
void score_inception(const Side& sample, const Side& reference, const DistanceOptions& options,
                     Report& report);
// precision and recall as guided-diffusion: k 3, a point on the boundary counts.
void score_precision_recall(const Side& sample, const Side& reference, const DistanceOptions& options,
                            Report& report);
// precision, recall, density and coverage as prdc: k 5, a point on the boundary does not count.
void score_prdc(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// clipped_density and clipped_coverage (Salvy et al. 2026): k 5.
void score_clipped(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// mind (Berthet et al. 2026) with torch-fidelity's random numbers.
void score_mind(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);
// authpct (Alaa et al. 2022): against the training set.
void score_authpct(const Side& sample, const Side& train, const DistanceOptions& options, Report& report);

}  // namespace gdd
