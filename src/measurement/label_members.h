// The classes of rows in a file of features: `labels` [rows] int64, and `label_names`, those of classes 0, 1,
// ... one after the other, each ended by a 0 byte, where they have names.
#pragma once

#include <cstdint>

#include "archive/npz.h"
#include "images/labels.h"

namespace gdd {

// Nothing where they are not known.
void add_labels(NpzWriter& npz, const Labels& labels);

// Nothing: the file does not tell those of `rows` rows. Error: one is below 0, or has no name among names.
Labels read_labels(const NpzReader& npz, const std::string& path, std::int64_t rows);

}  // namespace gdd
