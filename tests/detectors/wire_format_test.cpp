#include "detectors/wire_format.h"

#include <gtest/gtest.h>

#include <string>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

TEST(WireFormat, ReadsTheEncodingsOfTheSpecification) {
  // protobuf.dev/programming-guides/encoding: 08 96 01 is field 1 = 150; 12 07 "testing" is field 2.
  const std::string message = std::string("\x08\x96\x01\x12\x07testing\x25\x00\x00\x80\x3f", 17);
  ByteReader reader(as_bytes(message), "example");
  auto field = next_field(reader);
  EXPECT_EQ(field->number, 1u);
  EXPECT_EQ(field->value, 150u);
  field = next_field(reader);
  EXPECT_EQ(field->number, 2u);
  EXPECT_EQ(as_text(field->bytes), "testing");
  field = next_field(reader);
  EXPECT_EQ(field->type, WireField::Type::kFixed32);
  EXPECT_EQ(field->value, 0x3f800000u);
  EXPECT_FALSE(next_field(reader));
}

TEST(WireFormat, ReadsTheLargestVarint) {
  const std::string most = std::string(9, '\xff') + '\x01';
  ByteReader reader(as_bytes(most), "example");
  EXPECT_EQ(read_varint(reader), 0xffffffffffffffffu);
}

struct Damage {
  const char* what;
  std::string bytes;
  const char* says;
};
void PrintTo(const Damage& value, std::ostream* out) { *out << value.what; }

class DamagedMessage : public testing::TestWithParam<Damage> {};

TEST_P(DamagedMessage, IsRefusedWithItsPlace) {
  ByteReader reader(as_bytes(GetParam().bytes), "weights.pb");
  const std::string error = error_of([&] { next_field(reader); });
  EXPECT_NE(error.find("weights.pb: byte "), std::string::npos) << error;
  EXPECT_NE(error.find(GetParam().says), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedMessage,
    testing::Values(Damage{"length beyond the end", "\x12\x09test", ""},
                    Damage{"length near 2^64", std::string("\x12") + std::string(9, '\xff') + '\x01', ""},
                    Damage{"endless varint", std::string(11, '\xff'), "more than 10 bytes"},
                    Damage{"field number 0", std::string("\x00\x00", 2), "field number 0"},
                    Damage{"group", "\x0b", "wire type 3"}, Damage{"no value", "\x08", ""}),
    [](const auto& case_info) {
      std::string name = case_info.param.what;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

}  // namespace
}  // namespace gdd
