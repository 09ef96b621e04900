#include "archive/npy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;

std::string file(const std::string& name) { return read_text(GDD_TEST_DATA "/archive/" + name + ".npy"); }

NpyArray parse(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return parse_npy({bytes.begin(), bytes.end()}, "x.npy");
}

NpyArray load(const std::string& name) { return parse(file(name)); }

// A version 1.0 file with the given header text and `size` bytes of data.
std::string made_up(const std::string& text, std::size_t size) {
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(text.size() & 0xff);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text + std::string(size, '\0');
}

std::string error_of_header(const std::string& text, std::size_t size = 0) {
  return error_of([&] { parse(made_up(text, size)); });
}

class NpyDtype : public ::testing::TestWithParam<const char*> {};

TEST_P(NpyDtype, ReadsAsNumbers) {
  const NpyArray array = load("count." + std::string(GetParam()));
  EXPECT_EQ(array.shape(), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(array.as_float64(), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  if (array.header.kind == 'f')
    EXPECT_NE(error_of([&] { array.as_int64(); }).find("expected whole numbers"), std::string::npos);
  else
    EXPECT_EQ(array.as_int64(), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

INSTANTIATE_TEST_SUITE_P(All, NpyDtype,
                         ::testing::Values("le-f2", "le-f4", "le-f8", "be-f2", "be-f4", "be-f8", "i1",
                                           "le-i2", "be-i2", "le-i4", "be-i4", "le-i8", "be-i8", "u1",
                                           "le-u2", "be-u2", "le-u4", "be-u4", "le-u8", "be-u8"));

TEST(NpyArray, ReadsFortranOrderAsRowMajor) {
  std::vector<double> expected(24);
  std::iota(expected.begin(), expected.end(), 0.0);
  EXPECT_TRUE(load("fortran").header.fortran_order);
  EXPECT_EQ(load("fortran").as_float64(), expected);
}

TEST(NpyArray, ReadsScalarsEmptyArraysAndBooleans) {
  EXPECT_TRUE(load("scalar").shape().empty());
  EXPECT_EQ(load("scalar").as_float64(), std::vector<double>{2.5});
  EXPECT_EQ(load("empty").shape(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_TRUE(load("empty").as_float64().empty());
  EXPECT_EQ(load("flags").as_int64(), (std::vector<std::int64_t>{1, 0, 1}));
}

TEST(NpyArray, ReadsVersion2) { EXPECT_EQ(load("version2").as_float64()[5], 5); }

TEST(NpyArray, ReadsEveryKindOfHalf) {
  const std::vector<double> halves = load("halves").as_float64();
  EXPECT_EQ(halves[0], 0.0999755859375);
  EXPECT_EQ(halves[1], -2);
  EXPECT_EQ(halves[2], 65504);
  EXPECT_EQ(halves[3], INFINITY);
  EXPECT_EQ(halves[4], -INFINITY);
  EXPECT_TRUE(std::isnan(halves[5]));
  EXPECT_EQ(halves[6], std::ldexp(1, -24));
  EXPECT_EQ(halves[7], -std::ldexp(1, -14));
  EXPECT_FALSE(std::signbit(halves[8]));
  EXPECT_TRUE(std::signbit(halves[9]));
}

TEST(NpyArray, GivesBytesOnlyOfUint8) {
  EXPECT_EQ(load("count.u1").as_uint8(), (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_NE(error_of([] { load("count.i1").as_uint8(); }).find("expected uint8, found dtype |i1"),
            std::string::npos);
  EXPECT_NE(error_of([] { load("flags").as_uint8(); }), "");
}

TEST(NpyArray, RefusesUnsignedNumbersThatAreTooLarge) {
  std::string text = file("count.le-u8");
  text.back() = '\x80';
  EXPECT_NE(error_of([&] { parse(text).as_int64(); }).find("below 2^63"), std::string::npos);
}

TEST(NpyArray, RefusesWhatIsNotAnArrayOfNumbers) {
  EXPECT_NE(error_of([] { load("object"); }).find("found Python objects (dtype object)"), std::string::npos);
  EXPECT_NE(error_of([] { load("complex"); }).find("found '<c16'"), std::string::npos);
  EXPECT_NE(error_of([] { load("structured"); }).find("found a structured dtype"), std::string::npos);
  EXPECT_NE(error_of([] { parse("PK\3\4"); }).find("another file format"), std::string::npos);
}

TEST(NpyArray, RefusesEveryTruncationAndTrailingBytes) {
  const std::string whole = file("count.le-f4");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(error_of([&] { parse(whole.substr(0, size)); }), "") << size;
  EXPECT_NE(error_of([&] { parse(whole + "x"); }).find("expected 24 bytes of <f4, found 25"),
            std::string::npos);
}

TEST(NpyArray, AcceptsWhatPython2Wrote) {
  EXPECT_EQ(error_of_header("{\"shape\": (2L,), 'fortran_order': False, 'descr': '<f4'}", 8), "");
}

TEST(NpyArray, RefusesHeadersThatLie) {
  const std::string rest = ", 'fortran_order': False, 'descr': '<f8'}";
  EXPECT_NE(error_of_header("{'shape': (4611686018427387904, 4)" + rest).find("overflows"),
            std::string::npos);
  EXPECT_NE(error_of_header("{'shape': (0, 4611686018427387904, 4)" + rest).find("overflows"),
            std::string::npos);
  EXPECT_NE(error_of_header("{'shape': (99999999999999999999,)" + rest).find("dimension"), std::string::npos);
  EXPECT_NE(error_of_header("{'shape': (-1,)" + rest).find("expected a dimension of 0 or more"),
            std::string::npos);
  EXPECT_NE(error_of_header("{'shape': (1000000000000,)" + rest).find("expected 8000000000000 bytes"),
            std::string::npos);
  std::string many = "{'shape': (";
  for (int i = 0; i < 40; ++i) many += "1,";
  EXPECT_NE(error_of_header(many + ")" + rest, 8).find("at most 32 dimensions"), std::string::npos);
}

TEST(NpyArray, RefusesHeadersThatAreNotSuchADict) {
  for (const char* text :
       {"", "{", "{}", "[]", "{'shape': (1,)}", "{'shape': 1, 'fortran_order': False, 'descr': '<f8'}",
        "{'shape': (1,), 'shape': (1,), 'fortran_order': False, 'descr': '<f8'}",
        "{'shape': (1,), 'fortran_order': 0, 'descr': '<f8'}",
        "{'shape': (1,), 'fortran_order': False, 'descr': '<f8'} x",
        "{'shape': (1,), 'fortran_order': False, 'descr': '<f3'}",
        "{'shape': (1,), 'fortran_order': False, 'descr': '<f8",
        "{'shape': (1,), 'fortran_order': False, 'descr': '<f8', 'more': True}"})
    EXPECT_NE(error_of_header(text, 8), "") << text;
}

TEST(NpyHeaderText, IsWrittenAsNumpyWritesIt) {
  EXPECT_EQ(npy_header("<f8", {2, 3}), file("count.le-f8").substr(0, 128));
  EXPECT_EQ(npy_header("<f8", std::vector<std::int64_t>(16, 1)), file("dims").substr(0, 192));
  EXPECT_EQ(npy_header("<f8", {}), file("scalar").substr(0, 128));
  EXPECT_EQ(npy_header("|b1", {3}), file("flags").substr(0, 128));
}

}  // namespace
}  // namespace gdd
