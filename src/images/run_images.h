// The images that a run of gdd-sample makes, by the settings that it left in .gdd-run
// (generation/image_parts.h): what else lies in its folder is not of the run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gdd {

class RunImages {
 public:
  // `settings`: as run_settings.h; of these `seeds` and `subdirs` matter. Without them
  // every name that gdd-sample could give is one of the run's.
  explicit RunImages(const std::string& settings);

  // Whether the run makes an image of that name, seen from its folder: NNNNNN.png, or with subdirs
  // NNNNNN/NNNNNN.png.
  bool makes(std::string_view name) const;
  // How many images it makes, in all or below `folder` ("001000/"); 0: unknown.
  std::int64_t count(std::string_view folder) const;

 private:
  std::vector<std::int64_t> seeds_;  // ascending
  bool subdirs_ = false, known_ = false;
};

}  // namespace gdd
