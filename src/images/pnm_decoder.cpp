// Netpbm's PBM, PGM and PPM, as text (P1-P3) or bytes (P4-P6); see its pages pbm(5), pgm(5), ppm(5).
#include <vector>

#include "base/bytes.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

class PnmReader {
 public:
  PnmReader(Bytes file, const std::string& name) : reader_(file, name) {}

  // The next number; comments run from # to the end of the line.
  std::uint64_t number() {
    char c = skip_space();
    std::uint64_t value = 0;
    if (c < '0' || c > '9') reader_.fail("expected a number", kDamagedImage);
    for (; c >= '0' && c <= '9'; c = at_end() ? ' ' : next()) {
      value = 10 * value + static_cast<std::uint64_t>(c - '0');
      if (value > 1'000'000'000) reader_.fail("the number is too large", kDamagedImage);
    }
    return value;  // and the one character behind it is taken
  }
  unsigned digit() {  // of P1, whose digits need no space between them
    const char c = skip_space();
    if (c != '0' && c != '1') reader_.fail("expected 0 or 1", kDamagedImage);
    return static_cast<unsigned>(c - '0');
  }
  unsigned sample(bool wide) { return wide ? reader_.read_be<std::uint16_t>() : reader_.read_u8(); }
  char next() { return static_cast<char>(reader_.read_u8()); }
  void require(std::uint64_t bytes) {
    if (bytes > reader_.remaining())
      reader_.fail(
          "expected " + std::to_string(bytes) + " bytes, found " + std::to_string(reader_.remaining()),
          kDamagedImage);
  }

 private:
  bool at_end() const { return reader_.at_end(); }
  char skip_space() {
    char c = next();
    while (c == ' ' || (c >= '\t' && c <= '\r') || c == '#') {
      if (c == '#')
        while (c != '\n' && c != '\r') c = next();
      c = next();
    }
    return c;
  }

  ByteReader reader_;
};

// Pillow's PpmPlugin: a value v of 0..maxval becomes min(255, round(v / maxval * 255)), halves to even.
std::uint8_t scaled(std::uint64_t value, std::uint64_t maximum) {
  if (maximum == 255) return static_cast<std::uint8_t>(value > 255 ? 255 : value);
  const std::uint64_t twice = 2 * value * 255, whole = twice / (2 * maximum), rest = twice % (2 * maximum);
  const std::uint64_t rounded = whole + (rest > maximum || (rest == maximum && whole % 2 == 1) ? 1 : 0);
  return static_cast<std::uint8_t>(rounded > 255 ? 255 : rounded);
}

}  // namespace

Image decode_pnm(Bytes file, const std::string& name, const Admit& admit) {
  PnmReader reader(file, name);
  reader.next();
  const int kind = reader.next() - '0';
  const bool text = kind <= 3, bits = kind == 1 || kind == 4;
  const std::uint64_t width = reader.number(), height = reader.number(), maximum = bits ? 1 : reader.number();
  check_image_size(height, width, name);
  if (maximum < 1 || maximum > 65535)
    throw Error(name, "expected a largest value of 1 to 65535, found " + std::to_string(maximum),
                kDamagedImage);
  const int channels = kind == 3 || kind == 6 ? 3 : 1;
  const std::uint64_t row =
      bits ? (width + 7) / 8 : width * static_cast<unsigned>(channels) * (maximum > 255 ? 2 : 1);
  reader.require(text ? height * width * static_cast<unsigned>(channels) : height * row);
  Image image = make_image(height, width, channels, name, admit);
  const bool deep_grey = channels == 1 && maximum > 255;
  image.deep_grey = deep_grey;
  std::size_t x = 0;
  unsigned byte = 0;
  for (std::uint8_t& pixel : image.pixels) {
    if (bits) {  // 1 is black; rows of P4 begin with a byte of their own
      if (!text && x % 8 == 0) byte = reader.sample(false);
      const unsigned black = text ? reader.digit() : byte >> (7 - x % 8) & 1;
      pixel = black ? 0 : 255;
      if (++x == width) x = 0;
    } else {
      pixel = scaled(text ? reader.number() : reader.sample(maximum > 255), maximum);
    }
  }
  return image;
}

}  // namespace gdd
