// Pictures that are stored turned or mirrored, as the tag Orientation of TIFF 6.0 (and Exif) says.
#pragma once

#include "images/image.h"

namespace gdd {

// `orientation` 1 to 8: which corner of the scene the first stored row and column are; any other is 1,
// upright.
Image upright(Image image, int orientation);

}  // namespace gdd
