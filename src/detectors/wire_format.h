// Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding): enough to walk a message whose
// schema the caller knows. A frozen graph needs six fields of five message types, less than protoc's output.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace gdd {

struct WireField {
  enum class Type { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };
  std::uint32_t number = 0;
  Type type = Type::kVarint;
  std::uint64_t value = 0;  // kVarint, and the bits of kFixed64 and kFixed32
  Bytes bytes;              // kLengthDelimited: a string, message or packed list, as a view
};

// The next field of the message, or nothing at its end. Errors of `message` (with the byte): truncated, a
// varint longer than ten bytes, field number 0, groups (unused since 2008).
std::optional<WireField> next_field(ByteReader& message);

std::uint64_t read_varint(ByteReader& reader);

}  // namespace gdd
