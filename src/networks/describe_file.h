// What a snapshot or a converted network holds, as text for people. Nothing is computed and no weight is
// read.
#pragma once

#include <string>

namespace gdd {

// Container, modules with their classes, hyperparameters, tensors (name, dtype, shape) and parameter counts,
// every global the file names, every class with the SHA-256 of its source text; of a converted network its
// tensors and gdd.json. Errors: as Checkpoint::open.
std::string describe_file(const std::string& path);

}  // namespace gdd
