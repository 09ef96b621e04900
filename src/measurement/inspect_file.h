// What a file of statistics, features or images holds, in words.
#pragma once

#include <string>

namespace gdd {

// Lines "name: value": what it is, N, D, dtype, and for statistics trace, rank and symmetry. Errors: as
// FeatureInput and load_statistics.
std::string inspect_file(const std::string& spec);

}  // namespace gdd
