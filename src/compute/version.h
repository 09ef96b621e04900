// Versions of the suite and of what it stands on, for --version and for reports.
#pragma once

#include <string>

namespace gdd {

std::string suite_version();  // "0.1.0"
std::string torch_version();  // "2.11.0", of the LibTorch compiled against
std::string version_text();   // "gdd 0.1.0 (LibTorch 2.11.0)"

}  // namespace gdd
