// The three kinds of source that open_image_source() chooses from.
#pragma once

#include <memory>
#include <string>

#include "images/source.h"

namespace gdd {

std::unique_ptr<ImageSource> open_folder_source(const std::string& path);
std::unique_ptr<ImageSource> open_zip_source(const std::string& path);
// `member`: the array of images in it.
std::unique_ptr<ImageSource> open_npz_source(const std::string& path, const std::string& member = "arr_0");

}  // namespace gdd
