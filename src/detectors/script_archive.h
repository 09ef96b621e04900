// A TorchScript archive before LibTorch loads it. Internal to this room.
#pragma once

#include <string>

namespace gdd {

// What the checks of checkpoints/script_code.h and script_data.h saw must be what LibTorch will load: the two
// readers of zip archives are asked for all members, which must be the same bytes under the same names.
// Errors: they differ; names that differ only in case, which LibTorch's reader takes for one.
void require_same_archive(const std::string& path);

}  // namespace gdd
