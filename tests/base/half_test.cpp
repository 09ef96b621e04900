#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gdd {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Half, OfEveryKindIsItsValue) {
  EXPECT_EQ(half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(half_to_float(0xc500), -5.0f);
  EXPECT_EQ(half_to_float(0x7bff), 65504.0f);
  EXPECT_EQ(half_to_float(0x0400), 0x1p-14f);  // the least normal number
  EXPECT_EQ(half_to_float(0x03ff), 1023 * 0x1p-24f);
  EXPECT_EQ(half_to_float(0x8001), -0x1p-24f);
  EXPECT_TRUE(std::signbit(half_to_float(0x8000)));
  EXPECT_EQ(half_to_float(0xfc00), -kInfinity);
  EXPECT_TRUE(std::isnan(half_to_float(0x7e00)));
}

TEST(Half, OfBfloatIsItsValue) {
  EXPECT_EQ(bfloat_to_float(0x3f80), 1.0f);
  EXPECT_EQ(bfloat_to_float(0xc0a0), -5.0f);
  EXPECT_EQ(bfloat_to_float(0x0001), 0x1p-133f);
  EXPECT_EQ(bfloat_to_float(0xff80), -kInfinity);
}

}  // namespace
}  // namespace gdd
