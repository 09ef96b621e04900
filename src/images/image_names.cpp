#include "images/image_names.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gdd/error.h"

namespace gdd {
namespace {

bool has_image_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot));
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const bool is_hidden = dot == 0 || name[dot - 1] == '/';  // ".png" is a name without an extension
  return !is_hidden && (extension == ".png" || extension == ".jpg" || extension == ".jpeg");
}

}  // namespace

void ImageNames::add(std::string name) {
  if (has_image_extension(name)) {
    images_.push_back(std::move(name));
  } else if (other_count_++ == 0) {
    first_other_ = std::move(name);
  }
}

std::vector<std::string> ImageNames::finish(const std::string& where) {
  if (images_.empty())
    throw Error(where,
                "found 0 images" + (other_count_ == 0 ? std::string(" and no other files")
                                                      : " (" + std::to_string(other_count_) +
                                                            " other files, e.g. '" + first_other_ + "')"),
                "images are .png, .jpg or .jpeg files, or arr_0 of an npz");
  std::sort(images_.begin(), images_.end());
  return std::move(images_);
}

}  // namespace gdd
