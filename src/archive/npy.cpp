#include "archive/npy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "archive/npy_header_text.h"
#include "base/half.h"
#include "base/limits.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// Which element of the file is the next one in row-major order.
class RowMajorWalk {
 public:
  explicit RowMajorWalk(const NpyHeader& header)
      : shape_(header.shape), index_(header.shape.size()), stride_(header.shape.size(), 1) {
    for (std::size_t d = 0; d + 1 < shape_.size(); ++d) {
      if (header.fortran_order)
        stride_[d + 1] = stride_[d] * shape_[d];
      else  // filled from the back
        stride_[shape_.size() - d - 2] = stride_[shape_.size() - d - 1] * shape_[shape_.size() - d - 1];
    }
  }

  std::size_t next() {
    const std::int64_t here = position_;
    for (std::size_t d = shape_.size(); d-- > 0;) {
      position_ += stride_[d];
      if (++index_[d] < shape_[d]) break;
      position_ -= stride_[d] * shape_[d];
      index_[d] = 0;
    }
    return static_cast<std::size_t>(here);
  }

 private:
  const std::vector<std::int64_t>& shape_;
  std::vector<std::int64_t> index_, stride_;
  std::int64_t position_ = 0;
};

template <class In>
In load(const std::byte* from, bool swap) {
  std::byte raw[sizeof(In)];
  std::memcpy(raw, from, sizeof(In));
  if (swap) std::reverse(raw, raw + sizeof(In));
  In value;
  std::memcpy(&value, raw, sizeof(In));
  return value;
}

template <class Out, class In, class Convert>
std::vector<Out> copy_elements(const NpyArray& array, Convert convert) {
  const NpyHeader& header = array.header;
  std::vector<Out> out(static_cast<std::size_t>(header.numel()));
  const bool swap = header.big_endian != (std::endian::native == std::endian::big);
  if (std::is_same_v<Out, In> && !header.fortran_order && !swap) {
    if (!out.empty()) std::memcpy(out.data(), array.data.data(), out.size() * sizeof(Out));
    return out;
  }
  RowMajorWalk walk(header);
  for (Out& value : out) value = convert(load<In>(array.data.data() + walk.next() * sizeof(In), swap));
  return out;
}

template <class Out>
std::vector<Out> convert(const NpyArray& array) {
  const auto cast = [](auto value) { return static_cast<Out>(value); };
  const char kind = array.header.kind;
  const int size = array.header.item_size;
  if (kind == 'b' || (kind == 'u' && size == 1)) return copy_elements<Out, std::uint8_t>(array, cast);
  if (kind == 'u' && size == 2) return copy_elements<Out, std::uint16_t>(array, cast);
  if (kind == 'u' && size == 4) return copy_elements<Out, std::uint32_t>(array, cast);
  if (kind == 'u') return copy_elements<Out, std::uint64_t>(array, cast);
  if (kind == 'i' && size == 1) return copy_elements<Out, std::int8_t>(array, cast);
  if (kind == 'i' && size == 2) return copy_elements<Out, std::int16_t>(array, cast);
  if (kind == 'i' && size == 4) return copy_elements<Out, std::int32_t>(array, cast);
  if (kind == 'i') return copy_elements<Out, std::int64_t>(array, cast);
  if (size == 8) return copy_elements<Out, double>(array, cast);
  if (size == 4) return copy_elements<Out, float>(array, cast);
  return copy_elements<Out, std::uint16_t>(
      array, [](std::uint16_t v) { return static_cast<Out>(half_to_float(v)); });
}

[[noreturn]] void refuse_dtype(const NpyArray& array, const char* expected) {
  throw Error(array.name, std::string("expected ") + expected + ", found dtype " + array.header.dtype_text());
}

// Zeros are left out of the product, because they would hide an overflow.
void check_shape_fits(const NpyHeader& header, const std::string& name) {
  std::int64_t bytes = header.item_size;
  for (std::int64_t dim : header.shape)
    if (dim != 0 && __builtin_mul_overflow(bytes, dim, &bytes))
      throw Error(name, "the shape in the array's header overflows", "the file is damaged");
}

}  // namespace

std::int64_t NpyHeader::numel() const {
  std::int64_t count = 1;
  for (std::int64_t dim : shape) count *= dim;
  return count;
}

std::uint64_t NpyHeader::byte_size() const {
  return static_cast<std::uint64_t>(numel()) * static_cast<std::uint64_t>(item_size);
}

std::string NpyHeader::dtype_text() const {
  return (item_size == 1 ? '|' : big_endian ? '>' : '<') + (kind + std::to_string(item_size));
}

NpyHeader parse_npy_header(Bytes start_of_file, const std::string& name) {
  ByteReader reader(start_of_file, name);
  if (start_of_file.size() < kMagic.size() || as_text(reader.read_bytes(kMagic.size())) != kMagic)
    throw Error(name, "expected a numpy array (.npy), found another file format");
  const int version = reader.read_u8();
  const int minor = reader.read_u8();
  if (version < 1 || version > 3 || minor != 0)
    reader.fail("expected .npy version 1.0, 2.0 or 3.0, found " + std::to_string(version) + "." +
                std::to_string(minor));
  const std::uint32_t length =
      version == 1 ? reader.read_le<std::uint16_t>() : reader.read_le<std::uint32_t>();
  if (length > limits::kMaxNpyHeader)
    reader.fail("expected a header of at most " + std::to_string(limits::kMaxNpyHeader) + " bytes, found " +
                std::to_string(length));
  NpyHeader header = parse_npy_header_text(as_text(reader.read_bytes(length)), name);
  header.data_offset = reader.position();
  check_shape_fits(header, name);
  return header;
}

void check_data_size(const NpyHeader& header, std::uint64_t found, const std::string& name) {
  if (header.byte_size() == found) return;
  throw Error(name,
              "expected " + std::to_string(header.byte_size()) + " bytes of " + header.dtype_text() +
                  ", found " + std::to_string(found),
              "the file is truncated or damaged");
}

NpyArray parse_npy(std::vector<std::byte> file, const std::string& name) {
  NpyHeader header = parse_npy_header(file, name);
  check_data_size(header, file.size() - header.data_offset, name);
  const auto whole = std::make_shared<const std::vector<std::byte>>(std::move(file));
  const Bytes data = Bytes(*whole).subspan(header.data_offset);
  return {name, std::move(header), {data, whole}};
}

std::vector<double> NpyArray::as_float64() const { return convert<double>(*this); }

std::vector<std::int64_t> NpyArray::as_int64() const {
  if (header.kind == 'f') refuse_dtype(*this, "whole numbers");
  std::vector<std::int64_t> values = convert<std::int64_t>(*this);
  if (header.kind == 'u' && header.item_size == 8 &&
      std::ranges::any_of(values, [](auto v) { return v < 0; }))
    throw Error(name, "expected whole numbers below 2^63, found a larger one");
  return values;
}

std::vector<std::uint8_t> NpyArray::as_uint8() const {
  if (header.kind != 'u' || header.item_size != 1) refuse_dtype(*this, "uint8");
  return convert<std::uint8_t>(*this);
}

std::string npy_header(const std::string& dtype, const std::vector<std::int64_t>& shape) {
  std::string text = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (";
  for (std::size_t d = 0; d < shape.size(); ++d)
    text += (d > 0 ? ", " : "") + std::to_string(shape[d]) + (shape.size() == 1 ? "," : "");
  text += "), }";
  // numpy leaves room for the first dimension to grow to 21 digits in place (numpy/lib/format.py).
  if (!shape.empty()) text += std::string(21 - std::to_string(shape[0]).size(), ' ');
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  text += std::string(kAlignment - (kPrefix + text.size() + 1) % kAlignment, ' ') + '\n';
  std::string header = std::string(kMagic) + std::string("\1\0", 2);
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace gdd
