// How gdd-sample names images after their seeds (GDD generate.py).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gdd {

// "000123.png", or with subdirs "000000/000123.png": a folder for every thousand seeds.
std::string seed_image_name(std::int64_t seed, bool subdirs);

// Six digits or more: what such a folder is called, and such an image without its ending.
bool is_seed_number(std::string_view text);

}  // namespace gdd
