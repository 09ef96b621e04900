// What a file of weights is, in words: which detector it would make, and whose numbers that gives. Nothing is
// computed.
#pragma once

#include <optional>
#include <string>

#include "detectors/protocol.h"

namespace gdd {

// Lines "name: value" of a detector: its name and source, what it takes and gives, its protocols, the first
// being the default. Nothing: the file is none. Error: it is one by its names, and incomplete or damaged.
std::optional<std::string> describe_detector(const std::string& path);

// The same, and a line about a network that makes images. Nothing: the file holds no weights. Errors: as
// above; a torch archive, safetensors or TensorFlow graph that is damaged.
std::optional<std::string> describe_weights(const std::string& path);

// Of the detector that open_detector() would make of the file, for its default protocol. Errors: as above.
Family recognise_family(const std::string& path);

}  // namespace gdd
