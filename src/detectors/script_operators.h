// The operators of TorchScript that a feature network may be made of. Internal to this room.
#pragma once

#include <string_view>

namespace gdd {

// `kind` as "aten::conv2d". Known are operators that make tensors and plain values out of tensors and plain
// values; none of them reaches files, other processes, the terminal or memory that is not a tensor's.
bool is_network_operator(std::string_view kind);

}  // namespace gdd
