// LibTorch's errors in one line. Internal to this room.
#pragma once

#include <exception>
#include <string>

namespace gdd {

// What went wrong, printable: of a TorchScript's failure what stands behind its traces, of other errors the
// first line, without the C++ stack.
std::string torch_message(const std::exception& error);

// Whether memory ran out, which LibTorch says in several ways.
bool is_out_of_memory(const std::exception& error);

}  // namespace gdd
