#include "pickle/text_values.h"

#include <charconv>

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

bool is_code_point(std::uint32_t code) { return code < 0xd800 || (code >= 0xe000 && code < 0x110000); }

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLead[extra] | (code >> (6 * extra)));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3f));
}

// Takes one code point from the front of `text`; nullopt if it is malformed (RFC 3629).
std::optional<std::uint32_t> take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t extra = lead < 0x80   ? 0
                            : lead < 0xc0 ? 4
                            : lead < 0xe0 ? 1
                            : lead < 0xf0 ? 2
                            : lead < 0xf8 ? 3
                                          : 4;
  if (extra > 3 || text.size() <= extra) return std::nullopt;
  std::uint32_t code = extra == 0 ? lead : lead & (0x3fu >> extra);
  for (std::size_t i = 1; i <= extra; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (next & 0x3f);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[extra] || !is_code_point(code)) return std::nullopt;
  text.remove_prefix(extra + 1);
  return code;
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
