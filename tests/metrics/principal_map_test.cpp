#include "gdd/metrics/principal_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

// A plane in four dimensions: 3 along (1, 1, 1, 1) / 2 and 1 along (1, -1, 1, -1) / 2, from some mean.
std::vector<float> plane(double offset) {
  std::vector<float> rows;
  for (const double a : {-1.0, 0.0, 1.0})
    for (const double b : {-1.0, 1.0})
      for (int d = 0; d < 4; ++d)
        rows.push_back(static_cast<float>(offset + 3 * a / 2 + b * (d % 2 == 0 ? 1 : -1) / 2));
  return rows;
}

TEST(PrincipalMap, ShowsAPlaneAsItIs) {
  const std::vector<float> rows = plane(7);
  const PrincipalMap map = map_to_plane({rows.data(), 6, 4}, {});
  ASSERT_EQ(map.first.size(), 6u);
  EXPECT_TRUE(map.second.empty());
  EXPECT_NEAR(map.share[0] + map.share[1], 1, 1e-12);
  EXPECT_NEAR(map.share[0], 36.0 / 42, 1e-12);  // 4 * 9 of 4 * 9 + 6
  std::size_t row = 0;
  for (const double a : {-1.0, 0.0, 1.0})
    for (const double b : {-1.0, 1.0}) {
      EXPECT_NEAR(map.first[row][0], 3 * a, 1e-9);  // the direction is (1, 1, 1, 1), not its opposite
      EXPECT_NEAR(std::abs(map.first[row][1]), std::abs(b), 1e-9);
      ++row;
    }
}

TEST(PrincipalMap, PutsBothSetsOnTheSameAxes) {
  const std::vector<float> rows = plane(0);
  const PrincipalMap map = map_to_plane({rows.data(), 4, 4}, {rows.data() + 16, 2, 4}),
                     whole = map_to_plane({rows.data(), 6, 4}, {});
  ASSERT_EQ(map.second.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t axis = 0; axis < 2; ++axis)
      EXPECT_NEAR(map.second[i][axis], whole.first[4 + i][axis], 1e-12);
}

TEST(PrincipalMap, OfRowsThatAreAllAlikeIsOnePoint) {
  const std::vector<float> rows(12, 5);
  const PrincipalMap map = map_to_plane({rows.data(), 4, 3}, {});
  EXPECT_EQ(map.share[0], 0);
  for (const auto& point : map.first) EXPECT_NEAR(point[0], 0, 1e-12);
}

TEST(PrincipalMap, RefusesALine) {
  const std::vector<float> rows(4);
  EXPECT_NE(error_of([&] {
              map_to_plane({rows.data(), 4, 1}, {});
            }).find("two dimensions or more"),
            std::string::npos);
  EXPECT_NE(error_of([&] { map_to_plane({rows.data(), 1, 2}, {}); }), "");
}

}  // namespace
}  // namespace gdd
