#include "base/seeds.h"

#include <gtest/gtest.h>

#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using List = std::vector<std::int64_t>;

TEST(ParseSeedList, TakesNumbersAndRangesInTheirOrder) {
  EXPECT_EQ(parse_seed_list("1,2,5-10"), (List{1, 2, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(parse_seed_list("7-7,3,0-1"), (List{7, 3, 0, 1}));
  EXPECT_EQ(parse_seed_list("9223372036854775806-9223372036854775807"), (List{INT64_MAX - 1, INT64_MAX}));
}

// Upstream calls int(), which does not mind spaces around a number.
TEST(ParseSeedList, AllowsSpaces) {
  EXPECT_EQ(parse_seed_list("0, 1"), (List{0, 1}));
  EXPECT_EQ(parse_seed_list(" 5 - 7 ,\t9\n"), (List{5, 6, 7, 9}));
}

TEST(ParseSeedList, RefusesWhatIsNotAListAndNamesThePart) {
  for (const char* text : {"", ",", "1,", ",1", "a", "-1", "1--2", "1-", "-", "1 2", "1-2-3", " ", "- 1",
                           "0x10", "1.5", "+1", "9223372036854775808"})
    EXPECT_NE(error_of([&] { parse_seed_list(text); }).find("--seeds: expected numbers and ranges"),
              std::string::npos)
        << text;
  EXPECT_NE(error_of([] { parse_seed_list("1,2x,3"); }).find("found '2x'"), std::string::npos);
}

TEST(ParseSeedList, RefusesRangesThatRunBackwards) {
  EXPECT_NE(
      error_of([] { parse_seed_list("10-5"); }).find("expected a range that runs upwards, found '10-5'"),
      std::string::npos);
}

TEST(ParseSeedList, RefusesASeedGivenTwice) {
  EXPECT_NE(error_of([] { parse_seed_list("1-5,9,3"); }).find("seed 3 is given twice"), std::string::npos);
}

TEST(ParseSeedList, RefusesMoreSeedsThanAnyoneNeedsBeforeTheyCostMemory) {
  EXPECT_NE(error_of([] { parse_seed_list("0-9223372036854775807"); }).find("expected at most"),
            std::string::npos);
  EXPECT_NE(error_of([] { parse_seed_list("5,0-9999999"); }).find("expected at most"), std::string::npos);
}

TEST(ParseSeedList, CallsItAUsageError) {
  try {
    parse_seed_list("x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::kUsage);
  }
}

TEST(ParseIntList, AllowsRepetitionAndNamesItsFlag) {
  EXPECT_EQ(parse_int_list("3,3,1-2", "--class"), (List{3, 3, 1, 2}));
  EXPECT_NE(error_of([] { parse_int_list("x", "--class"); }).find("--class: expected"), std::string::npos);
}

}  // namespace
}  // namespace gdd
