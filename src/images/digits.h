// Whole numbers as pixels, for captions in grids.
#pragma once

#include <cstdint>

#include "images/image.h"

namespace gdd {

inline constexpr int kDigitHeight = 5, kDigitWidth = 3;  // of one digit; one column lies between two

// Draws `number` in black with its upper left corner at (x, y); what does not fit into the image is left out.
void draw_number(Image& image, int x, int y, std::int64_t number);

}  // namespace gdd
