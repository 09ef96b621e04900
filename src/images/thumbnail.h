// An image in small, for pages.
#pragma once

#include "images/image.h"

namespace gdd {

inline constexpr int kThumbnailSide = 64;  // pixels, at most

// Each pixel the mean of a block of n x n, n the least that makes both sides fit; what a block cannot fill at
// the right and below is left out. A smaller image stays as it is.
Image thumbnail(const ImageView& image);

}  // namespace gdd
