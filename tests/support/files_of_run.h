// What a run left in its folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "support/temporary_folder.h"

namespace gdd::testing_support {

// The bytes of every file by its name, but for what the folder remembers of the run.
inline std::map<std::string, std::string> files_of_run(const std::filesystem::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root).string();
    if (entry.is_regular_file() && !name.starts_with(".gdd-run"))
      found[name] = read_text(entry.path().string());
  }
  return found;
}

}  // namespace gdd::testing_support
