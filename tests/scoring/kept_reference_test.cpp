#include "scoring/kept_reference.h"

#include <gtest/gtest.h>

#include "gdd/error.h"

namespace gdd {
namespace {

TEST(KeptReference, IsAlwaysThatOfTheStatisticsAskedFor) {
  const Statistics sample{10, {0, 0}, {1, 0, 0, 4}};
  const Statistics near{10, {3, 0}, {4, 0, 0, 9}}, far{10, {3, 0}, {4, 0, 0, 16}};
  KeptReference kept;
  EXPECT_NEAR(kept.of(near).distance(sample).distance, 11, 1e-12);
  EXPECT_NEAR(kept.of(far).distance(sample).distance, 14, 1e-12);
  EXPECT_NEAR(kept.of(near).distance(sample).distance, 11, 1e-12);
  EXPECT_THROW(kept.of({10, {0, 0}, {1, 0, 0, -1}}), Error);
  EXPECT_NEAR(kept.of(near).distance(sample).distance, 11, 1e-12);
}

}  // namespace
}  // namespace gdd
