#include "base/printable.h"

#include <cstdint>
#include <optional>

#include "base/utf8.h"

namespace gdd {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void append_byte(std::string& out, unsigned char byte) {
  out.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
}

bool changes_direction(std::uint32_t code) {
  return (code >= 0x200e && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x061c;
}

bool is_harmless(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  return code != 0x2028 && code != 0x2029 && code != 0xfeff && !changes_direction(code) &&
         !(code >= 0xe0000 && code < 0xe0080);
}

void append_escaped(std::string& out, std::uint32_t code) {
  if (code == '\n') {
    out += "\\n";
  } else if (code == '\t') {
    out += "\\t";
  } else if (code == '\r') {
    out += "\\r";
  } else if (code < 0x100) {
    append_byte(out, static_cast<unsigned char>(code));
  } else {
    out += "\\u{";
    for (int shift = 20; shift >= 0; shift -= 4)
      if (code >> shift || shift == 0) out += kDigits[code >> shift & 15];
    out += "}";
  }
}

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const std::optional<std::uint32_t> code = take_code_point(text);
    if (!code) {
      append_byte(result, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    } else if (is_harmless(*code)) {
      result.append(before.substr(0, before.size() - text.size()));
    } else {
      append_escaped(result, *code);
    }
  }
  return result;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Valid UTF-8 whatever the cut: a character is left out whole.
std::string shortened(const std::string& text, std::size_t limit) {
  constexpr std::string_view kGap = " ... ";
  if (text.size() <= limit || limit <= kGap.size()) return text;
  std::size_t head = (limit - kGap.size()) * 2 / 3, tail = text.size() - (limit - kGap.size() - head);
  while (head > 0 && continues_character(text[head])) --head;
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  return text.substr(0, head).append(kGap).append(text, tail);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  // What lies far behind the limit need not be escaped first: names of 8 MB exist.
  if (text.size() > 8 * limit)
    return shortened(escaped(text.substr(0, limit)) + " ... " + escaped(text.substr(text.size() - limit)),
                     limit);
  return shortened(escaped(text), limit);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  return "'" + printable(text, kLongest) + "'";
}

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";
  const std::string shown = printable(text);
  if (!shown.empty() && shown.find_first_not_of(kSafe) == std::string::npos) return shown;
  std::string word = "'";
  for (const char c : shown) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace gdd
