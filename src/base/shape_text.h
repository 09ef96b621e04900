// How messages spell the shape of an array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gdd {

std::string shape_text(const std::vector<std::int64_t>& shape);  // "[128, 3, 3, 3]"

}  // namespace gdd
