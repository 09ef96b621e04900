// Pickles of dicts of numpy arrays: EDM2's reference statistics ({'fid': {'mu': ..., 'sigma': ...},
// 'fd_dinov2': ...}).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archive/npy.h"
#include "base/bytes.h"

namespace gdd {

// Copies of all arrays in file order, those of nested dicts named with dots: "fid.mu". Entries that are
// neither arrays nor dicts are left out; an array may stand under several names. Errors: not a dict, a global
// that is not known, arrays that together exceed the file.
std::vector<std::pair<std::string, NpyArray>> read_numpy_dict(Bytes file, const std::string& name);

}  // namespace gdd
