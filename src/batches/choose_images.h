// Which images of a source are used.
#pragma once

#include <cstdint>
#include <vector>

#include "base/observer.h"
#include "images/source.h"

namespace gdd {

struct Selection {
  std::int64_t num = 0;           // 0: all images, else EDM's seeded subset of so many
  std::uint32_t seed = 0;         // of that subset
  std::int64_t skip_corrupt = 0;  // so many of the chosen images may be damaged; they are left out
};

// The chosen indices, ascending. How many images there are, and what the source leaves out, is noted, or a
// warning where pictures are left out. With skip_corrupt every chosen image is decoded once, on `decoders`
// threads (0: as many as compute); each that is left out is a warning with its name. Errors: fewer than `num`
// images; fewer than two remain; one damaged image too many (named); a picture by its ending of a format that
// is not read. Without skip_corrupt a damaged image is found when it is used.
std::vector<std::int64_t> choose_images(const ImageSource& images, const Selection& selection,
                                        Observer& observer, int decoders = 0);

}  // namespace gdd
