// How good the samples of each class are.
#pragma once

#include "gdd/report.h"
#include "measurement/measure_side.h"
#include "scoring/options.h"

namespace gdd {

// Adds the scores of every class that either side has to `report`, in the order of their labels. Of each
// class: the Frechet distance where it has more images than dimensions on both sides, KID of all its rows (no
// subsets) and the squared distance of the means, which is the first term of the Frechet distance, where it
// has two on both sides; precision, recall, density and coverage as prdc (k 5, or --k) where it has more than
// k on both. Scores of few images depend on their number: classes of as many compare. Both sides with
// features and labels. Folders of one name are one class; of a side with names and one with numbers the
// numbers are the names' places, which is a warning. Error: such a number has no name.
void score_classes(const Side& sample, const Side& reference, const DistanceOptions& options, Report& report);

}  // namespace gdd
