// Windows and OS/2 bitmaps, read as Pillow's BmpImagePlugin reads them. Layout: the [MS-WMF]
// DeviceIndependentBitmap objects (BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER).
#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "gdd/error.h"
#include "images/decoders.h"

namespace gdd {
namespace {

constexpr std::uint32_t kRaw = 0, kRle8 = 1, kRle4 = 2, kBitfields = 3;

struct Header {
  std::uint64_t width = 0, height = 0;
  bool top_down = false;
  unsigned bits = 0;
  std::uint32_t compression = kRaw;
  std::uint64_t pixels_at = 0;                              // offset in the file
  std::vector<std::array<std::uint8_t, 3>> palette;         // RGB
  std::array<std::uint32_t, 3> masks{0x7c00, 0x3e0, 0x1f};  // of red, green, blue, for 16 and 32 bits
  std::uint32_t alpha_mask = 0;
};

void read_masks(ByteReader& reader, std::uint32_t header_size, Header& header) {
  reader.seek(14 + 40);
  for (std::uint32_t& mask : header.masks) mask = reader.read_le<std::uint32_t>();
  if (header_size >= 56) header.alpha_mask = reader.read_le<std::uint32_t>();
  if (header.bits == 32 && header.masks == std::array<std::uint32_t, 3>{})
    header.masks = {0xff0000, 0xff00, 0xff};  // left out by some writers
}

void read_palette(ByteReader& reader, std::uint64_t colours, bool core, Header& header) {
  const std::uint64_t entry = core ? 3 : 4;
  if (colours > limits::kMaxBmpColours)
    reader.fail("expected a palette of at most " + std::to_string(limits::kMaxBmpColours) +
                    " colours, found " + std::to_string(colours),
                kDamagedImage);
  colours = std::min<std::uint64_t>(colours, reader.remaining() / entry);
  for (std::uint64_t i = 0; i < colours; ++i) {
    const Bytes bgr = reader.read_bytes(entry);
    header.palette.push_back({static_cast<std::uint8_t>(bgr[2]), static_cast<std::uint8_t>(bgr[1]),
                              static_cast<std::uint8_t>(bgr[0])});
  }
}

Header read_header(ByteReader& reader) {
  Header header;
  reader.seek(10);
  header.pixels_at = reader.read_le<std::uint32_t>();
  const auto size = reader.read_le<std::uint32_t>();
  const bool core = size == 12;
  std::uint64_t colours = 0;
  if (core) {
    header.width = reader.read_le<std::uint16_t>();
    header.height = reader.read_le<std::uint16_t>();
    reader.read_le<std::uint16_t>();
    header.bits = reader.read_le<std::uint16_t>();
  } else {
    const auto width = reader.read_le<std::int32_t>(), height = reader.read_le<std::int32_t>();
    header.top_down = height < 0;
    header.width = width < 0 ? 0 : static_cast<std::uint64_t>(width);
    header.height = static_cast<std::uint64_t>(height < 0 ? -std::int64_t{height} : std::int64_t{height});
    reader.read_le<std::uint16_t>();
    header.bits = reader.read_le<std::uint16_t>();
    header.compression = reader.read_le<std::uint32_t>();
    reader.read_bytes(12);
    colours = reader.read_le<std::uint32_t>();
  }
  constexpr unsigned kBits[] = {1, 4, 8, 16, 24, 32};
  if (std::ranges::count(kBits, header.bits) == 0)
    reader.fail("a bitmap of " + std::to_string(header.bits) + " bits a pixel is not known", kDamagedImage);
  std::uint64_t headers_end = 14 + std::uint64_t{size};
  if (header.compression == kBitfields) {
    read_masks(reader, size, header);
    headers_end = std::max<std::uint64_t>(headers_end, 14 + 40 + 12);
  } else if (header.bits == 32) {
    header.masks = {0xff0000, 0xff00, 0xff};
  }
  if (header.bits <= 8) {
    reader.seek(headers_end);
    read_palette(reader, colours == 0 ? std::uint64_t{1} << header.bits : colours, core, header);
  }
  if (header.pixels_at == 0) header.pixels_at = reader.position();
  return header;
}

// Pillow widens 5 and 6 bits as v * 255 / 31 and v * 255 / 63, and takes 8 bits as they are.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  return static_cast<std::uint8_t>((pixel & mask) >> shift) == 0
             ? 0
             : static_cast<std::uint8_t>(std::uint64_t{(pixel & mask) >> shift} * 255 / (mask >> shift));
}

void check_masks(const Header& header, const std::string& name) {
  for (const std::uint32_t mask : header.masks) {
    const std::uint32_t low = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if (mask == 0 || (low & (low + 1)) != 0 || low > 255 || (header.bits == 16 && mask > 0xffff))
      throw Error(name, "the bitmap's colour masks are not known", "save it as PNG");
  }
}

// Run-length coded numbers of the palette, as Pillow's BmpRleDecoder unpacks them: what is skipped is colour
// 0.
class RunLengths {
 public:
  RunLengths(ByteReader& reader, const Header& header)
      : reader_(reader),
        four_(header.compression == kRle4),
        width_(header.width),
        total_(header.width * header.height) {
    numbers_.reserve(static_cast<std::size_t>(total_));
  }
  std::vector<std::uint8_t> unpack() {
    bool more = true;
    while (more && numbers_.size() < total_ && reader_.remaining() >= 2) {
      const unsigned count = reader_.read_u8(), value = reader_.read_u8();
      if (count > 0)
        repeat(count, value);
      else
        more = escape(value);
    }
    if (numbers_.size() < total_) reader_.fail("unexpected end of the pixels", kDamagedImage);
    return std::move(numbers_);
  }

 private:
  void put(unsigned value) {
    if (numbers_.size() < total_) numbers_.push_back(static_cast<std::uint8_t>(value));
  }
  void repeat(std::uint64_t count, unsigned value) {
    count = std::min(count, width_ - std::min(x_, width_));
    for (std::uint64_t i = 0; i < count; ++i) put(four_ ? (i % 2 == 0 ? value >> 4 : value & 15) : value);
    x_ += count;
  }
  bool escape(unsigned code) {
    if (code == 0) {
      while (numbers_.size() % width_ != 0) put(0);
      x_ = 0;
    } else if (code == 1) {
      return false;
    } else if (code == 2) {
      const std::uint64_t right = reader_.read_u8(), up = reader_.read_u8();
      for (std::uint64_t i = 0, count = right + up * width_; i < count && numbers_.size() < total_; ++i)
        put(0);
      x_ = numbers_.size() % width_;
    } else {
      copy(code);
    }
    return true;
  }
  void copy(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      if (!four_ || i % 2 == 0) byte_ = reader_.read_u8();
      put(four_ ? (i % 2 == 0 ? byte_ >> 4 : byte_ & 15) : byte_);
    }
    x_ += count;
    if (reader_.position() % 2 != 0 && !reader_.at_end()) reader_.read_u8();  // to a word of the file
  }

  ByteReader& reader_;
  bool four_;
  std::uint64_t width_, total_, x_ = 0;
  unsigned byte_ = 0;
  std::vector<std::uint8_t> numbers_;
};

class Bitmap {
 public:
  Bitmap(const Header& header, Image& image) : header_(header), image_(image) {}
  void put(std::uint64_t x, std::uint64_t row, const std::array<std::uint8_t, 3>& rgb) {
    const std::uint64_t y = header_.top_down ? row : header_.height - 1 - row;
    std::copy(rgb.begin(), rgb.end(),
              image_.pixels.begin() + static_cast<std::ptrdiff_t>((y * header_.width + x) * 3));
  }
  void put_number(std::uint64_t x, std::uint64_t row, std::size_t number) {
    put(x, row, number < header_.palette.size() ? header_.palette[number] : std::array<std::uint8_t, 3>{});
  }
  void put_row(std::uint64_t row, Bytes bytes) {
    const auto byte = [&](std::uint64_t i) {
      return static_cast<std::uint32_t>(bytes[static_cast<std::size_t>(i)]);
    };
    for (std::uint64_t x = 0; x < header_.width; ++x) {
      if (header_.bits <= 8) {
        const std::uint64_t bit = x * header_.bits;
        put_number(x, row, byte(bit / 8) >> (8 - header_.bits - bit % 8) & ((1u << header_.bits) - 1));
      } else if (header_.bits == 24) {
        put(x, row,
            {static_cast<std::uint8_t>(byte(3 * x + 2)), static_cast<std::uint8_t>(byte(3 * x + 1)),
             static_cast<std::uint8_t>(byte(3 * x))});
      } else {
        const std::uint32_t pixel = header_.bits == 16 ? byte(2 * x) | byte(2 * x + 1) << 8
                                                       : byte(4 * x) | byte(4 * x + 1) << 8 |
                                                             byte(4 * x + 2) << 16 | byte(4 * x + 3) << 24;
        put(x, row,
            {channel(pixel, header_.masks[0]), channel(pixel, header_.masks[1]),
             channel(pixel, header_.masks[2])});
      }
    }
  }

 private:
  const Header& header_;
  Image& image_;
};

}  // namespace

Image decode_bmp(Bytes file, const std::string& name, const Admit& admit) {
  ByteReader reader(file, name);
  const Header header = read_header(reader);
  check_image_size(header.height, header.width, name);
  const bool coded =
      (header.compression == kRle8 && header.bits == 8) || (header.compression == kRle4 && header.bits == 4);
  if (!coded && header.compression != kRaw && header.compression != kBitfields)
    throw Error(name, "bitmap compression " + std::to_string(header.compression) + " is not known",
                "save it as PNG");
  if (header.bits == 16 || header.bits == 32) check_masks(header, name);
  reader.seek(header.pixels_at);
  const std::uint64_t stride = (header.width * header.bits + 31) / 32 * 4;
  const std::uint64_t needed =
      coded ? 0 : stride * (header.height - 1) + (header.width * header.bits + 7) / 8;
  if (needed > reader.remaining())
    reader.fail("expected " + std::to_string(needed) + " bytes of pixels, found " +
                    std::to_string(reader.remaining()),
                kDamagedImage);
  Image image =
      make_image(header.height, header.width, 3, name, admit, coded ? header.height * header.width : 0);
  image.alpha_dropped = header.alpha_mask != 0;
  Bitmap bitmap(header, image);
  if (coded) {
    const std::vector<std::uint8_t> numbers = RunLengths(reader, header).unpack();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      bitmap.put_number(i % header.width, i / header.width, numbers[i]);
  } else {
    for (std::uint64_t row = 0; row < header.height; ++row)
      bitmap.put_row(row, reader.read_bytes(std::min<std::uint64_t>(stride, reader.remaining())));
  }
  return image;
}

}  // namespace gdd
