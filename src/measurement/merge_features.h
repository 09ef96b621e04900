// Files of features -> one file of features.
#pragma once

#include <string>
#include <vector>

#include "base/observer.h"
#include "images/labels.h"
#include "measurement/extract_features.h"

namespace gdd {

// One file from files of features, their rows in that order, as if it had been made at once. Errors: one has
// not the arrays and columns of the first, or was made by another network or preparation (both are named); a
// part of several is missing, there twice, out of order, or of other images. Files that do not say where they
// come from are a warning, and so are two of the same images. Arrays named in `left_out` are. `labels`: of
// all images, where the files do not tell them.
ExtractSummary merge_features(const std::vector<std::string>& paths, const std::string& dest,
                              Observer& observer = nobody(), const std::vector<std::string>& left_out = {},
                              const Labels& labels = {});

}  // namespace gdd
