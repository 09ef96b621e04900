// What a file of statistics, features, images or weights holds, in words.
#pragma once

#include <string>

namespace gdd {

// Lines "name: value": what it is, N, D, dtype, and for statistics trace, rank and symmetry; of weights
// what describe_weights says. Errors: as FeatureInput, load_statistics and describe_weights.
std::string inspect_file(const std::string& spec);

}  // namespace gdd
