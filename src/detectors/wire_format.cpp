#include "detectors/wire_format.h"

#include <limits>
#include <string>

namespace gdd {

std::uint64_t read_varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const std::uint8_t byte = reader.read_u8();
    if (shift < 64) value |= std::uint64_t{byte & 127u} << shift;
    if (byte < 128) return value;
  }
  reader.fail("a varint of more than 10 bytes", "the file is damaged or not a TensorFlow graph");
}

std::optional<WireField> next_field(ByteReader& message) {
  if (message.at_end()) return std::nullopt;
  const std::uint64_t key = read_varint(message);
  WireField field;
  field.number = static_cast<std::uint32_t>(key >> 3);
  if (field.number == 0 || key >> 3 > std::numeric_limits<std::uint32_t>::max())
    message.fail("field number " + std::to_string(key >> 3) + " is not legal",
                 "the file is damaged or not a TensorFlow graph");
  field.type = static_cast<WireField::Type>(key & 7);
  switch (field.type) {
    case WireField::Type::kVarint:
      field.value = read_varint(message);
      return field;
    case WireField::Type::kFixed64:
      field.value = message.read_le<std::uint64_t>();
      return field;
    case WireField::Type::kFixed32:
      field.value = message.read_le<std::uint32_t>();
      return field;
    case WireField::Type::kLengthDelimited:
      field.bytes = message.read_bytes(read_varint(message));
      return field;
  }
  message.fail("wire type " + std::to_string(key & 7) + " is not known",
               "the file is damaged or not a TensorFlow graph");
}

}  // namespace gdd
