#include "base/joined.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(Joined, PutsWordsBetweenWhichStandsTheSame) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"fid"}), "fid");
  EXPECT_EQ(joined({"fid", "kid", "pr"}), "fid, kid, pr");
  EXPECT_EQ(joined({"fid", "", "pr"}, ","), "fid,,pr");
}

}  // namespace
}  // namespace gdd
