#include "base/printable.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("caf\u00e9 \u20ac \U0001f600 'x'"), "caf\u00e9 \u20ac \U0001f600 'x'");
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\n\x1b]0;owned\x07"), "a\\n\\x1b]0;owned\\x07");
  EXPECT_EQ(printable(std::string_view("\0\t\r\x7f", 4)), "\\x00\\t\\r\\x7f");
  EXPECT_EQ(printable("\u009b2J"), "\\x9b2J");
  EXPECT_EQ(printable("a\u202egnp.exe\u2028"), "a\\u{202e}gnp.exe\\u{2028}");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("caf\xe9.png"), "caf\\xe9.png");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

TEST(Printable, LeavesOutTheMiddleOfLongText) {
  const std::string text = printable(std::string(8u << 20, 'x') + "end", 50);
  EXPECT_LE(text.size(), 50u);
  EXPECT_TRUE(text.starts_with("xxx"));
  EXPECT_TRUE(text.ends_with("end"));
  EXPECT_NE(text.find(" ... "), std::string::npos);
}

TEST(Printable, CutsBetweenCharacters) {
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20ac";
  for (std::size_t limit = 10; limit < 30; ++limit)
    EXPECT_EQ(printable(euros, limit).find("\\x"), std::string::npos) << limit;
}

TEST(ShellQuoted, IsOneWordWhateverItHolds) {
  EXPECT_EQ(shell_quoted("https://a.b/c_d-1.pkl?"), "'https://a.b/c_d-1.pkl?'");
  EXPECT_EQ(shell_quoted("all_ckpt/x.pkl"), "all_ckpt/x.pkl");
  EXPECT_EQ(shell_quoted("x'; touch canary; '"), R"('x'\''; touch canary; '\''')");
  EXPECT_EQ(shell_quoted("$(id)\n"), R"('$(id)\n')");
  EXPECT_EQ(shell_quoted(""), "''");
}

TEST(Quoted, IsShortAndInQuotes) {
  EXPECT_EQ(gdd::quoted("x\ny"), "'x\\ny'");
  EXPECT_LE(gdd::quoted(std::string(60000, 'n')).size(), 102u);
}

}  // namespace
}  // namespace gdd
