#include "base/shape_text.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(ShapeText, IsAsPythonSpellsAList) {
  EXPECT_EQ(shape_text({128, 3}), "[128, 3]");
  EXPECT_EQ(shape_text({}), "[]");
}

}  // namespace
}  // namespace gdd
