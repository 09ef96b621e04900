// Two sets of features on one plane, for people to look at.
#pragma once

#include <array>
#include <vector>

#include "gdd/metrics/features.h"

namespace gdd {

struct PrincipalMap {
  std::vector<std::array<double, 2>> first, second;  // a point for each row
  std::array<double, 2> share{};                     // of the variance, that each axis shows
};

// Both sets on the two axes along which they vary most together: the first principal components of all rows.
// Nothing is drawn at random; of each axis the direction is that in which its largest coordinate is positive.
// `second` may be empty. In float64. Errors: fewer than two rows in all; dimensions differ, or are fewer than
// two; NaN or infinity.
PrincipalMap map_to_plane(FeaturesF32 first, FeaturesF32 second);

}  // namespace gdd
