#include "pickle/text_values.h"

#include <charconv>

#include "base/utf8.h"

namespace gdd::pickle {
namespace {

template <class T>
std::optional<T> parse_whole(std::string_view text, auto... form) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, form...);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

// Takes `digits` hexadecimal digits from the front of `text`.
std::optional<std::uint32_t> take_hex(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  const auto code = parse_whole<std::uint32_t>(text.substr(0, digits), 16);
  text.remove_prefix(digits);
  return code;
}

}  // namespace

std::optional<std::int64_t> parse_int(std::string_view line) {
  if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
  return parse_whole<std::int64_t>(line);
}

std::optional<double> parse_float(std::string_view line) { return parse_whole<double>(line); }

std::optional<std::string> decode_escaped(std::string_view line) {
  std::string result;
  while (!line.empty()) {
    if (line.starts_with("\\u") || line.starts_with("\\U")) {
      const std::size_t digits = line[1] == 'u' ? 4 : 8;
      line.remove_prefix(2);
      const auto code = take_hex(line, digits);
      if (!code || !is_code_point(*code)) return std::nullopt;
      append_utf8(result, *code);
    } else {
      append_utf8(result, static_cast<unsigned char>(line[0]));
      line.remove_prefix(1);
    }
  }
  return result;
}

std::optional<std::string> decode_quoted(std::string_view line) {
  if (line.size() < 2 || (line[0] != '\'' && line[0] != '"') || line.back() != line[0]) return std::nullopt;
  line = line.substr(1, line.size() - 2);
  constexpr std::string_view kLetters = "ntr\\'\"0abfv", kMeanings("\n\t\r\\'\"\0\a\b\f\v", 11);
  std::string result;
  while (!line.empty()) {
    const char c = line[0];
    line.remove_prefix(1);
    if (c != '\\') {
      result += c;
      continue;
    }
    if (line.empty()) return std::nullopt;
    const char letter = line[0];
    line.remove_prefix(1);
    if (letter == 'x') {
      const auto code = take_hex(line, 2);
      if (!code) return std::nullopt;
      result += static_cast<char>(*code);
    } else if (const auto at = kLetters.find(letter); at != std::string_view::npos) {
      result += kMeanings[at];
    } else {
      return std::nullopt;
    }
  }
  return result;
}

bool is_utf8(std::string_view text) {
  while (!text.empty())
    if (!take_code_point(text)) return false;
  return true;
}

std::optional<std::string> encode_latin1(std::string_view utf8) {
  std::string result;
  result.reserve(utf8.size());
  while (!utf8.empty()) {
    const auto code = take_code_point(utf8);
    if (!code || *code > 255) return std::nullopt;
    result += static_cast<char>(*code);
  }
  return result;
}

}  // namespace gdd::pickle
