#include "base/bytes.h"

#include "gdd/error.h"

namespace gdd {

Bytes ByteReader::read_bytes(std::uint64_t count) {
  if (count > remaining())
    fail("expected " + std::to_string(count) + " more bytes, found " + std::to_string(remaining()),
         "the file is truncated or damaged");
  Bytes result = bytes_.subspan(position_, static_cast<std::size_t>(count));
  position_ += static_cast<std::size_t>(count);
  return result;
}

std::string_view ByteReader::read_line(std::size_t limit) {
  const std::string_view rest = as_text(bytes_.subspan(position_));
  const std::size_t end = rest.substr(0, limit + 1).find('\n');
  if (end == std::string_view::npos)
    fail("expected a line of at most " + std::to_string(limit) + " bytes, found no end of line");
  position_ += end + 1;
  return rest.substr(0, end);
}

void ByteReader::seek(std::uint64_t position) {
  if (position > bytes_.size())
    fail("expected position " + std::to_string(position) + " to lie in the file of " +
         std::to_string(bytes_.size()) + " bytes");
  position_ = static_cast<std::size_t>(position);
}

void ByteReader::fail(const std::string& problem, const std::string& remedy) const {
  throw Error(name_ + ": byte " + std::to_string(position_), problem, remedy);
}

}  // namespace gdd
