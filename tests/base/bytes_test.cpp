#include "base/bytes.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

TEST(ByteReader, ReadsNumbersInEitherOrder) {
  ByteReader reader(as_bytes("\x01\x02\x03\x01\x02\x01\x02\x03\x04\xff"), "x");
  EXPECT_EQ(reader.read_u8(), 1);
  EXPECT_EQ(reader.read_le<std::uint16_t>(), 0x0302);
  EXPECT_EQ(reader.read_be<std::uint16_t>(), 0x0102);
  EXPECT_EQ(reader.read_be<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(reader.read_le<std::int8_t>(), -1);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, ReadsFloatingPoint) {
  EXPECT_EQ(ByteReader(as_bytes(std::string_view("\0\0\x20\xc0", 4)), "x").read_le<float>(), -2.5f);
  EXPECT_EQ(ByteReader(as_bytes(std::string_view("\xc0\x04\0\0\0\0\0\0", 8)), "x").read_be<double>(), -2.5);
}

TEST(ByteReader, GivesViewsAndLines) {
  ByteReader reader(as_bytes("abc\n\nrest"), "x");
  EXPECT_EQ(as_text(reader.read_bytes(2)), "ab");
  EXPECT_EQ(reader.read_line(10), "c");
  EXPECT_EQ(reader.read_line(0), "");
  EXPECT_EQ(reader.position(), 5u);
  EXPECT_EQ(reader.remaining(), 4u);
  reader.seek(1);
  EXPECT_EQ(as_text(reader.read_bytes(0)), "");
  EXPECT_EQ(reader.read_u8(), 'b');
  reader.seek(9);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, RefusesToReadBeyondTheEnd) {
  ByteReader reader(as_bytes("abc"), "file.pkl");
  reader.read_u8();
  EXPECT_EQ(error_of([&] { reader.read_le<std::uint32_t>(); }),
            "file.pkl: byte 1: expected 4 more bytes, found 2; the file is truncated or damaged");
  EXPECT_NE(error_of([&] { reader.read_bytes(UINT64_MAX); }), "");
  EXPECT_NE(error_of([&] { reader.seek(4); }), "");
  EXPECT_EQ(as_text(reader.read_bytes(2)), "bc");
  EXPECT_NE(error_of([&] { reader.read_u8(); }), "");
}

TEST(ByteReader, RefusesLinesThatAreTooLongOrDoNotEnd) {
  ByteReader reader(as_bytes("12345\nno end"), "x");
  EXPECT_NE(error_of([&] { reader.read_line(4); }).find("expected a line of at most 4 bytes"),
            std::string::npos);
  EXPECT_EQ(reader.read_line(5), "12345");
  EXPECT_NE(error_of([&] { reader.read_line(100); }), "");
}

}  // namespace
}  // namespace gdd
