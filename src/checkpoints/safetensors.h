// Hugging Face's safetensors: eight bytes with the length of a header, the header, a JSON object
//   {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ..., "__metadata__": {...}}
// and the elements of all tensors in row-major order, little-endian, without gaps (format.md of the project
// huggingface/safetensors).
#pragma once

#include <string>

#include "checkpoints/module_tree.h"

namespace gdd {

// A length, then what a JSON object begins with. Whether the length is right is not asked.
bool looks_like_safetensors(Bytes start_of_file);

// Views into `file`, in the order of the header. Errors, with the tensor's name: truncated; a header longer
// than the file or limits::kMaxSafetensorsHeader, or that is not such an object; a name or member given
// twice; an unknown dtype; a shape that does not fill its offsets; offsets outside the file, that overlap, or
// that leave a gap; more than limits.h allows.
StateDict read_safetensors(Bytes file, const std::string& path);

}  // namespace gdd
