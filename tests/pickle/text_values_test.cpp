#include "pickle/text_values.h"

#include <gtest/gtest.h>

namespace gdd::pickle {
namespace {

TEST(TextValues, Ints) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("12L"), 12);
  EXPECT_EQ(parse_int("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(parse_int("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_int(""), std::nullopt);
  EXPECT_EQ(parse_int("1 "), std::nullopt);
}

TEST(TextValues, Floats) {
  EXPECT_EQ(parse_float("-1.5e-3"), -1.5e-3);
  EXPECT_EQ(parse_float("1.5x"), std::nullopt);
}

TEST(TextValues, RawUnicodeEscapes) {
  EXPECT_EQ(decode_escaped("a\\u00e4\\U0001f600\xe4\\n"), "a\u00e4\U0001f600\u00e4\\n");
  EXPECT_EQ(decode_escaped("\\u12"), std::nullopt);
  EXPECT_EQ(decode_escaped("\\ud800"), std::nullopt);
}

TEST(TextValues, QuotedStringsOfPython2) {
  EXPECT_EQ(decode_quoted(R"('it\'s \x41\n\\')"), "it's A\n\\");
  EXPECT_EQ(decode_quoted(R"("it's")"), "it's");
  EXPECT_EQ(decode_quoted("'a"), std::nullopt);
  EXPECT_EQ(decode_quoted("'"), std::nullopt);
  EXPECT_EQ(decode_quoted(R"('\x4')"), std::nullopt);
  EXPECT_EQ(decode_quoted(R"('\q')"), std::nullopt);
}

TEST(TextValues, Utf8IsWellFormed) {
  EXPECT_TRUE(is_utf8("\u00e4\u20ac\U0001f600"));
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(TextValues, Latin1) {
  EXPECT_EQ(encode_latin1("a\u00ff"), "a\xff");
  EXPECT_EQ(encode_latin1("\u0100"), std::nullopt);
}

}  // namespace
}  // namespace gdd::pickle
