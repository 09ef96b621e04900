// UTF-8 (RFC 3629), one code point at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gdd {

// Takes one code point from the front of `text`, which is not empty; nullopt, and nothing is taken, if what
// stands there is malformed, overlong or a surrogate.
std::optional<std::uint32_t> take_code_point(std::string_view& text);
void append_utf8(std::string& out, std::uint32_t code);
// A value that Unicode has: not a surrogate, below 0x110000.
bool is_code_point(std::uint32_t code);

}  // namespace gdd
