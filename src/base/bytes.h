// ByteReader: the only place that checks bounds. Every reader of a foreign file takes its bytes from one of
// these.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gdd {

using Bytes = std::span<const std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

// Reads forward through a span it does not own. Every call either returns what was asked for or throws
// gdd::Error "name: byte N: ...". Numbers are read in little-endian order unless the name says otherwise.
class ByteReader {
 public:
  ByteReader(Bytes bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  std::size_t position() const { return position_; }
  std::size_t size() const { return bytes_.size(); }
  std::size_t remaining() const { return bytes_.size() - position_; }
  bool at_end() const { return remaining() == 0; }
  const std::string& name() const { return name_; }

  std::uint8_t read_u8() { return static_cast<std::uint8_t>(read_bytes(1)[0]); }

  template <class T>
  T read_le() {
    return read_number<T>(std::endian::little);
  }
  template <class T>
  T read_be() {
    return read_number<T>(std::endian::big);
  }

  // The next `count` bytes, as a view into the underlying span (nothing is copied).
  Bytes read_bytes(std::uint64_t count);
  // Bytes up to and without the next '\n', which is consumed. At most `limit` bytes.
  std::string_view read_line(std::size_t limit);
  void seek(std::uint64_t position);

  // Throws gdd::Error "name: byte <position>: problem; remedy".
  [[noreturn]] void fail(const std::string& problem, const std::string& remedy = "") const;

 private:
  template <class T>
  T read_number(std::endian order) {
    static_assert(std::is_arithmetic_v<T>);
    Bytes raw = read_bytes(sizeof(T));
    std::byte copy[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i)
      copy[i] = raw[order == std::endian::native ? i : sizeof(T) - 1 - i];
    T value;
    std::memcpy(&value, copy, sizeof(T));
    return value;
  }

  Bytes bytes_;
  std::size_t position_ = 0;
  std::string name_;
};

}  // namespace gdd
