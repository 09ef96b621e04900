// The text forms of values: protocol 0 writes numbers and strings as lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gdd::pickle {

// Each is nullopt when the text is not of the form.
std::optional<std::int64_t> parse_int(std::string_view line);  // "-12", "12L"; within 64 bits
std::optional<double> parse_float(std::string_view line);      // "1.5e-3", "inf", "nan"
std::optional<std::string> decode_escaped(
    std::string_view line);  // raw-unicode-escape: \uXXXX, \UXXXXXXXX, latin-1
std::optional<std::string> decode_quoted(std::string_view line);  // repr of a Python 2 str: 'a\n\x00'

bool is_utf8(std::string_view text);  // well-formed, without surrogates
// The code points of UTF-8 text as bytes (latin-1); nullopt if one is above 255.
std::optional<std::string> encode_latin1(std::string_view utf8);

}  // namespace gdd::pickle
