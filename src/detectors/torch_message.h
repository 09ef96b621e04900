// LibTorch's errors in one line.
#pragma once

#include <cstddef>
#include <exception>
#include <string>

namespace gdd {

// What went wrong, printable: of a TorchScript's failure what stands behind its traces, of other errors the
// first line, without the C++ stack. At most `limit` bytes.
std::string torch_message(const std::exception& error, std::size_t limit = 300);

// Whether memory ran out, which LibTorch says in several ways.
bool is_out_of_memory(const std::exception& error);

}  // namespace gdd
