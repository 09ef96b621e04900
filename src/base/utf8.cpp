#include "base/utf8.h"

namespace gdd {

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

}  // namespace gdd
