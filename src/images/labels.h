// The classes of images as sets of images tell them: dataset.json (EDM, StyleGAN), a folder a class, or arr_1
// beside an npz's arr_0 (guided-diffusion).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace gdd {

struct Labels {
  std::vector<std::int64_t> classes;  // one an image, from 0; empty: not told
  std::vector<std::string> names;     // of classes 0, 1, ..., where folders name them

  // "cat", or "class 3".
  std::string text(std::int64_t label) const;
  // Those of the images at these positions, in that order; none of none.
  Labels of(const std::vector<std::int64_t>& images) const;
};

// Beside the images, in a folder or a zip.
inline constexpr const char* kLabelFile = "dataset.json";

// {"labels": [["00000/img00000000.png", 6], ...]}: those of `images`, in that order; of a name that is there
// twice the last, as EDM's dict has it. Nothing: labels is null or absent. Memory is that of the images'
// names, whatever the file says. Errors: damaged; an image without a label; labels that are no whole numbers
// from 0. `where`: the file.
Labels read_label_file(Bytes json, const std::string& where, const std::vector<std::string>& images);

// Of images that all lie in folders, two or more: the first folder of each name. Folders named by numbers of
// fewer than five digits are those classes; other names count in their order. Nothing: an image lies in none;
// or all folders have five or more digits, which number files, not classes (EDM's 00000/, gdd-sample's
// 000000/).
Labels labels_of_folders(const std::vector<std::string>& images);

// Error: one is below 0. `where`: the array.
void check_labels(const std::vector<std::int64_t>& classes, const std::string& where);

}  // namespace gdd
