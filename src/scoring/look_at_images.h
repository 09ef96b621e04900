// What people want to see of a sample: its first images, its worst and its best, the references it may have
// copied, what it holds twice, and both sets on a plane.
#pragma once

#include <cstdint>

#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "measurement/measure_side.h"
#include "scoring/options.h"

namespace gdd {

// So many first images are shown.
inline constexpr std::int64_t kFirstPictures = 64;

// Adds galleries and the map to `report`, of options.shown_rows evenly spaced rows of either side (no row is
// drawn at random); `reference` may be null, and a side may have no rows: what needs them is left out.
// Pictures are those of the files; of a sample from seeds those of options.pictures; of rows without images
// the number is shown. What fails is a warning of `report` and leaves the rest as it is. Throws Stopped.
void look_at_images(const FeatureInput& sample, const Side& sample_side, const FeatureInput* reference,
                    const Side& reference_side, const DistanceOptions& options, Report& report);

}  // namespace gdd
