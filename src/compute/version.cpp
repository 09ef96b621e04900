#include "compute/version.h"

#include <torch/version.h>

namespace gdd {

std::string suite_version() { return GDD_VERSION; }
std::string torch_version() { return TORCH_VERSION; }
std::string version_text() { return "gdd " + suite_version() + " (LibTorch " + torch_version() + ")"; }

}  // namespace gdd
