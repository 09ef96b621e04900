// Which files of a folder or zip are images, and in which order EDM counts them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gdd {

class ImageNames {
 public:
  // Takes `name`, a relative path with '/', if it ends in .png, .jpg or .jpeg (any case), and counts it if
  // not.
  void add(std::string name);

  // Sorted as Python sorts strings: by code points, which for UTF-8 is by bytes. Error: none, with an example
  // of the files that are not images; `where` is the folder's or archive's path.
  std::vector<std::string> finish(const std::string& where);

 private:
  std::vector<std::string> images_;
  std::int64_t other_count_ = 0;
  std::string first_other_;
};

}  // namespace gdd
