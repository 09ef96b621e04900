// The text inside a .npy header: a Python dict such as
// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
#pragma once

#include <string>
#include <string_view>

#include "archive/npy.h"

namespace gdd {

// Fills everything but data_offset. Errors: not such a dict, a key missing or unknown, a dtype that is not a
// plain number (object arrays would be pickles), limits::kMaxNpyDims, a negative dimension.
NpyHeader parse_npy_header_text(std::string_view text, const std::string& name);

}  // namespace gdd
